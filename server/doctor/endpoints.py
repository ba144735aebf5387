"""Entries and words that name an endpoint, and the token that goes with each.

A token goes only where the person has said that it goes: to the endpoint of an entry of their own,
or to the one for which they name its file.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import httpx2

from ...config.settings import Settings, SettingsError, token
from ..call import WrongUseError
from ..install.clients import CLIENTS
from ..install.places import Places
from ..install.program import NAME
from ..install.starts import start_of
from ..remote.target import Target, find
from .configured import Entry, configured, part
from .endpoint import Asker, Endpoint
from .expanding import expanded, unexpanded
from .line import PATIENCE_S
from .manners import MANNERS, Form, Manner
from .mends import command, doubt, mend, with_token
from .report import Finding, State, quoted
from .starting import of_client, own_environment

_BEARER = re.compile(r"Bearer\s+(\S+)")


def of_address(address: str, settings: Settings, places: Places) -> Iterator[Finding]:
    """Ask the endpoint that a person names: with their token, if that is this endpoint's.

    Raises:
        WrongUseError: it is no address, or says something else than the flags do.
    """
    try:
        target, secret = find(address, settings), token(settings)
    except SettingsError as error:
        said = str(error).replace("--remote", "the address")
        if urlsplit(address).scheme == "http" and "could be read on its way" in said:
            yield from open_address(address, said)
            return
        raise WrongUseError(said) from error
    is_named = settings.origin.get("token_file", "").startswith("--")
    if is_named and not secret:
        said, how = f"{settings.token_file} is empty", "put the token into it"
        yield Finding("endpoint", "token", State.FAIL, said, how)
    if is_named or _origin(target.url) in _known(places):
        yield from Endpoint(_named(target), secret).findings()
        return
    said = "it asks for a token, and there is none here"
    if secret:
        said = (
            "it asks for a token. Yours was not sent: you did not name it for this address, and no "
            "entry of your own leads there"
        )
    how = "if it is your team's: --token-file FILE, with the file that holds its token"
    lack = Finding("endpoint", "token", State.FAIL, said, how)
    yield from Endpoint(_named(target), "", Asker(lack=lack)).findings()


def _known(places: Places) -> set[str]:
    """Return the endpoints that entries of the person's own files lead to."""
    found: set[str] = set()
    for client in CLIENTS:
        form = _form(MANNERS[client.name])
        for entry in configured(client, places).entries:
            if entry.trusted:
                written = entry.address or start_of(entry.value).told.remote
                found.add(_origin(_put_in(written, form, own_environment(entry), places)))
    return found


def _origin(address: str) -> str:
    try:
        found = urlsplit(address)
    except ValueError:
        return ""
    return f"{found.scheme}://{found.netloc}".lower()


def open_address(address: str, why: str, who: str = "endpoint") -> Iterator[Finding]:
    """Tell of an address to which nothing secret may be sent; ask it, without a token, where to go.

    Args:
        address: It begins with http://.
        why: It is not used, in a sentence.
        who: Under whose name that is told.
    """
    found = urlsplit(address)
    better = f"https://{found.netloc}{found.path}"
    yield Finding(who, "tls", State.FAIL, quoted(why), f"give {better}")
    try:
        answer = httpx2.get(
            f"http://{found.netloc}/health", follow_redirects=False, timeout=PATIENCE_S
        )
    except (httpx2.TransportError, httpx2.InvalidURL):
        return
    where = answer.headers.get("location", "")
    if answer.has_redirect_location and where.startswith("https://"):
        said = f"it sends on to {quoted(where)}; by then the token has been readable"
        yield Finding(who, "tls", State.NOTE, said, f"give {better}")


def of_entry(entry: Entry, settings: Settings, places: Places) -> Iterator[Finding]:
    """Tell of an entry that names an endpoint, and ask that, if the person wrote it."""
    who, title = entry.client.name, entry.client.title
    manner = MANNERS[who]
    form = _form(manner)
    environ = of_client(manner, entry)
    written = entry.address
    address = _put_in(written, form, environ, places)
    shown = f"{entry.name} in {places.shown(entry.path)}: {quoted(written)}"
    if not entry.trusted and _origin(written) in _known(places):
        said = f"{shown}. It comes with the project; an entry of your own leads there as well"
        yield Finding(who, "entry", State.NOTE, said, command(NAME, "doctor", written))
        return
    if not entry.trusted:
        said = f"{shown}. It comes with the project, and was not asked with your token"
        yield Finding(who, "entry", State.WARN, said, doubt(entry, places.shown(entry.path)))
        return
    yield Finding(who, "entry", State.OK, shown)
    try:
        target = find(address, replace(settings, space="", project="", db="", origin={}))
    except SettingsError as error:
        said = quoted(str(error).replace("--remote", "the address"))
        how = f"with an address that can be: {mend(entry, '--url', 'URL')}"
        yield Finding(who, "entry", State.FAIL, said, how)
        return
    secret = _token(entry, form, environ, places)
    lack = None
    variable = quoted(entry.client.token or "TOKENSPACE_TOKEN")
    to_token = with_token(entry, address)
    if not secret:
        said = f"it asks for a token, and {title} has none from here: {variable} stands for none"
        lack = Finding(who, "token", State.FAIL, said, to_token)
        secret = _token(entry, form, own_environment(entry), places)
        if secret:
            said = (
                f"it asks for a token, which this terminal has in its environment: {title}, "
                f"started from a menu, may not have it, and {variable} then stands for none"
            )
            lack = Finding(who, "token", State.WARN, said, to_token)
    yield from Endpoint(_named(target), secret, Asker(who, lack, to_token)).findings()


def _form(manner: Manner) -> Form:
    """Return which variables a client puts into an address and headers."""
    return Form.SHELL if manner.expands is Form.ENV_ONLY else manner.expands


def _put_in(text: str, form: Form, environ: dict[str, str], places: Places) -> str:
    return expanded(text, form, environ, places.home, places.project or places.home)


def _named(target: Target) -> Target:
    """Return a target that says in the words of this command why it is that one."""
    return replace(target, why=target.why.replace("--remote", "its address"))


def _token(entry: Entry, form: Form, environ: dict[str, str], places: Places) -> str:
    """Return the token that the client sends; empty where it has none."""
    named = entry.value.get("bearer_token_env_var")
    if isinstance(named, str):
        return environ.get(named, "")
    headers = part(entry.value, "headers") or part(entry.value, "http_headers")
    said = next((str(headers[key]) for key in headers if key.lower() == "authorization"), "")
    found = _BEARER.fullmatch(_put_in(said, form, environ, places))
    return found[1] if found and not unexpanded(found[1]) else ""
