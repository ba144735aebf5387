"""The entry that a client shall have, and whether one that it has is ours."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from ...config.settings import TOKEN
from ..call import WrongUseError
from .clients import Client
from .program import NAME
from .starts import start_of

USER, PROJECT = "user", "project"

URLS = ("url", "serverUrl", "httpUrl")
"""Keys that hold the address of an endpoint, in some client or other."""

GOOD_NAME = re.compile(r"[A-Za-z0-9.-]+")
"""What an entry may be called: clients make names of tools of it, and take `_` for their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a person wants clients to start.

    Attributes:
        program: The program: an absolute path, or a name that is looked up on the PATH.
        is_named: The person named the program.
        pins: Flags for `tokenspace serve` that name a memory, a profile, a person.
        project: The project's folder, for clients that do not tell it.
        url: A team's endpoint; empty for the memory of this machine.
        bridge: The endpoint is reached through us, whatever the client can.
        token_file: The file that holds the endpoint's token; empty for none.
        no_token: The endpoint wants none.
    """

    program: str
    is_named: bool = False
    pins: tuple[str, ...] = ()
    project: str = ""
    url: str = ""
    bridge: bool = False
    token_file: str = ""
    no_token: bool = False


def entry(client: Client, wishes: Wishes, scope: str) -> dict[str, Any]:
    """Return what the entry of a client says.

    Raises:
        WrongUseError: a client cannot get at the token, or at the space, in the way that was asked.
    """
    if wishes.url and client.token and not (wishes.bridge or wishes.token_file):
        return _remote(client, wishes)
    args = ["serve", *_place(client, wishes, scope), *wishes.pins]
    if wishes.url:
        args = ["serve", "--remote", wishes.url, *args[1:], *_token(client, wishes)]
    known = {"$program": wishes.program, "$args": args, "$command": [wishes.program, *args]}
    return _filled(client.stdio, known)


def managed(client: Client) -> tuple[str, ...]:
    """Return the keys of an entry that are ours to change; others are the person's."""
    # What starts a program is ours in either form: one list, as some clients have it, and two keys.
    return tuple({"command": "", "args": "", **client.stdio, **client.remote})


def needs_token(wishes: Wishes) -> bool:
    """Tell whether the entry relies on a variable that the client itself has to have."""
    return bool(wishes.url) and not (wishes.token_file or wishes.no_token)


def is_ours(found: Mapping[str, Any], url: str = "") -> bool:
    """Tell whether an entry starts this program, or names this endpoint."""
    return (bool(url) and address(found) == url) or start_of(found).is_ours


def address(found: Mapping[str, Any]) -> str:
    """Return the endpoint that an entry names, empty where it starts a program."""
    return next((str(found[key]) for key in URLS if key in found), "")


def is_mine(found: Mapping[str, Any], name: str = "") -> bool:
    """Tell whether an entry starts this program, or names an endpoint that is a memory's."""
    where = address(found)  # which other servers have as well
    known = "/p/" in where or TOKEN in str(found) or name == NAME
    return is_ours(found) or (where.endswith("/mcp") and known)


def is_plain(client: Client, scope: str, found: Mapping[str, Any], name: str) -> bool:
    """Tell whether an entry is ours, and has nothing that this program would not write."""
    written = {"name", *managed(client), *client.first.get(scope, {})}
    return is_mine(found, name) and found.keys() <= written


def merged(client: Client, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry as it gets: what is ours as it is wanted, what is the person's as it was."""
    ours = managed(client)
    both = {key: found[key] for key in found if key not in ours or key in wanted}
    for key, value in wanted.items():
        old = both.get(key)
        if isinstance(value, dict) and isinstance(old, dict):
            both[key] = {**cast(dict[str, Any], old), **cast(dict[str, Any], value)}
        else:
            both[key] = value
    return both


def _remote(client: Client, wishes: Wishes) -> dict[str, Any]:
    if not wishes.url.endswith("/mcp"):
        raise WrongUseError(
            f"{client.title} needs the address of one space, such as {wishes.url}/p/NAME/mcp; with "
            "--bridge it gets the space that is named after the open project."
        )
    filled = _filled(client.remote, {"$url": wishes.url, "$token": client.token})
    if wishes.no_token:
        filled = {
            key: filled[key] for key in filled if key not in ("headers", "bearer_token_env_var")
        }
    return filled


def _place(client: Client, wishes: Wishes, scope: str) -> list[str]:
    """Return the flag that names the project, where the client can tell it or nobody else can."""
    pinned = {"--db", "--project"} & set(wishes.pins)
    if pinned or (wishes.url and wishes.url.endswith("/mcp")):
        return []
    if client.folder:
        return ["--project", client.folder]
    if scope == PROJECT and client.names_project:
        return ["--project", wishes.project]
    return []


def _token(client: Client, wishes: Wishes) -> list[str]:
    if wishes.token_file:
        return ["--token-file", wishes.token_file]
    if client.hands_on or wishes.no_token:
        return []
    raise WrongUseError(
        f"{client.title} does not hand TOKENSPACE_TOKEN on to what it starts: name a file that "
        "holds the token with --token-file FILE (--save-token writes it there), or say --no-token."
    )


def _filled(shape: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _value(value, known) for key, value in shape.items()}


def _value(value: Any, known: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping):
        return _filled(cast(Mapping[str, Any], value), known)
    if not isinstance(value, str) or value in known:
        return known.get(value, value) if isinstance(value, str) else value
    return value.replace("$token", str(known.get("$token", "")))
