"""What an entry of ours is pinned to: another run keeps it, where the person does not say it anew.

Without it, a run that was to change one thing would lead the client to another memory.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..call import RefusedError
from .clients import Client
from .entries import PROJECT, Wishes, address, entry
from .program import NAME
from .starts import Start, start_of

_MEMORY = ("--db", "--project", "--space", "--remote", "--token-file")
"""Flags that say which memory: with one of them anew, all that were there go."""
_ORDER = ("--db", "--project", "--space", "--profile", "--user", "--log-level")
_ALL = ("--remote", "--token-file", *_ORDER)


def wanted(
    client: Client, wishes: Wishes, scope: str, found: Mapping[str, Any] | None
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return what the entry of a client shall say, and which of its flags it has from `found`.

    Args:
        client: Whose entry it is.
        wishes: What the person asks for now.
        scope: Whose file it stands in.
        found: The entry of ours that is there; None where there is none.

    Raises:
        WrongUseError: a client cannot get at the token, or at the space, in the way that was asked.
        RefusedError: what is there has words that are not known, so not all of it could be kept.
    """
    if found is None:
        return entry(client, wishes, scope), ()
    anew = dict(zip(wishes.pins[::2], wishes.pins[1::2], strict=True))
    says_which = bool(wishes.url) or any(flag in anew for flag in _MEMORY)
    there = address(found)
    if there and not says_which:
        return dict(found), ("--url", there)
    start = start_of(found)
    if scope == PROJECT and not wishes.is_named and start.words[:1] == (NAME,):
        wishes = replace(wishes, program=NAME)  # so that others can use the file: left so
    old = {} if wishes.url else _given(start)
    if says_which:
        old = {flag: value for flag, value in old.items() if flag not in _MEMORY}
    if old.get("--project") == client.folder or (scope == PROJECT and client.names_project):
        old.pop("--project", "")  # as we write it ourselves
    kept = {flag: value for flag, value in old.items() if flag not in anew}
    both = {**kept, **anew}
    pins = tuple(word for flag in _ORDER if flag in both for word in (flag, both[flag]))
    wishes = replace(wishes, pins=pins)
    if "--remote" in kept:
        file = kept.get("--token-file", "")
        url = kept["--remote"]
        wishes = replace(wishes, url=url, bridge=True, token_file=file, no_token=not file)
    return entry(client, wishes, scope), tuple(word for pair in kept.items() for word in pair)


def _given(start: Start) -> dict[str, str]:
    """Return the flags that a start of this program is given.

    Raises:
        RefusedError: some of its words are not known.
    """
    if not start.is_ours:
        return {}
    asked = start.told
    if asked.wrong:
        raise RefusedError(
            f"the entry that is there has words that {NAME} does not know ({asked.wrong}), and "
            "would lose them: put them right by hand, or have --force write it anew, with none of "
            "its flags. Nothing was changed."
        )
    given = asked.flags | asked.others
    return {flag: value for flag in _ALL if (value := given[flag[2:].replace("-", "_")])}
