"""What is wrong with an entry as it is written, before anything is started."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from ..install.entries import GOOD_NAME, URLS
from ..install.places import Places
from ..install.program import NAME, is_fleeting
from ..install.starts import start_of
from .configured import LOCAL, PLUGIN, Entry, part
from .expanding import unexpanded
from .manners import MANNERS
from .mends import doubt, located, mend, stays, with_token
from .report import Finding, State, quoted
from .starting import MENU_PATH, Launch

_FETCHERS = ("uvx", "uv", "pipx")
_FILE = '"--token-file", "FILE"'
_TOKEN = re.compile(r"\bts_[0-9A-Za-z_-]{20,}")


def of_text(entry: Entry, places: Places) -> Iterator[Finding]:
    """Check what is written, whatever it starts."""
    who, title = entry.client.name, entry.client.title
    shown = places.shown(entry.path)
    manner = MANNERS[who]
    if not GOOD_NAME.fullmatch(entry.name) and entry.scope != PLUGIN:
        yield Finding(
            who,
            "name",
            State.WARN,
            f"the name {quoted(entry.name)!r} in {shown} has characters that clients take for "
            "their own in the names of tools, such as _ and blanks",
            f"call it {NAME} there",
        )
    for key in manner.ignores:
        if key in entry.value:
            yield Finding(
                who,
                "keys",
                State.WARN,
                f"{title} does not read {key!r} of {entry.name} in {shown}",
                f"take {key!r} out; it is started in the project that is open",
            )
    yield from _of_keys(entry, shown)
    if entry.is_off:
        key = "enabled" if entry.value.get("enabled") is False else "disabled"
        yield Finding(
            who,
            "keys",
            State.FAIL,
            f"{entry.name} is switched off in {shown}",
            f'"{key}": {"true" if key == "enabled" else "false"} in {shown}',
        )
    if _TOKEN.search(json.dumps(entry.value, default=str)):
        said, how = f"{shown} holds a token itself", _without_token(entry, shown)
        state = State.WARN if entry.trusted else State.FAIL
        said += "" if entry.trusted else ", and is a file of the project, which others get"
        yield Finding(who, "token", state, said, how)


def _of_keys(entry: Entry, shown: str) -> Iterator[Finding]:
    who, title = entry.client.name, entry.client.title
    manner = MANNERS[who]
    given = [key for key in URLS if key in entry.value]
    if given and not set(given) & set(manner.addresses):
        yield Finding(
            who,
            "keys",
            State.FAIL,
            f"{title} does not read {given[0]!r} of {entry.name} in {shown}",
            f"call the key {manner.addresses[0]!r}",
        )
    right = manner.variables
    wrong = "env" if right != "env" else "environment"
    if part(entry.value, wrong):
        yield Finding(
            who,
            "keys",
            State.FAIL,
            f"{title} does not read {wrong!r} of {entry.name} in {shown}",
            f"call the key {right!r}",
        )
    command = entry.value.get("command")
    is_list = isinstance(command, list)
    if command is not None and is_list != (who == "opencode"):
        shape = "one list with the program and its words" if who == "opencode" else "one text"
        yield Finding(
            who,
            "keys",
            State.FAIL,
            f"'command' of {entry.name} in {shown} is not as {title} reads it: {shape}",
            mend(entry),
        )


def of_launch(entry: Entry, launch: Launch, places: Places) -> Iterator[Finding]:
    """Check what would be started; the first of the findings says what that is."""
    who, shown = entry.client.name, places.shown(entry.path)
    where = {LOCAL: f"{shown}, for this project", PLUGIN: f"a plugin, on in {shown}"}
    command = quoted(shlex.join(launch.written), hidden_of(entry))
    said = f"{entry.name} in {where.get(entry.scope, shown)}: {command or 'nothing to start'}"
    if not launch.start.is_ours:
        yield Finding(
            who,
            "entry",
            State.FAIL,
            f"{said}. It starts something else, and was not started here",
            f"look at {shown}; to replace it: {mend(entry, '--force')}",
        )
        return
    yield Finding(who, "entry", State.OK, said)
    if launch.start.runner:
        yield _of_runner(entry, launch.start.runner, shown)
        return
    yield from _of_program(entry, launch)
    if launch.refused is None:
        yield from _of_words(entry, launch, shown)
    else:
        yield launch.refused


def _of_runner(entry: Entry, runner: str, shown: str) -> Finding:
    who, said = entry.client.name, f"it is started through {runner}"
    if runner in _FETCHERS:
        said += ", which may fetch it first and takes seconds; it was not started here"
        return Finding(who, "program", State.WARN, said, stays(mend(entry)))
    # What else it is told, such as a folder of a container, says which memory that is.
    said += "; it was not started here, and which memory it has cannot be told"
    how = f"nothing, if {entry.client.title} has its tools; else look at {shown}"
    return Finding(who, "program", State.WARN, said, how)


def _of_program(entry: Entry, launch: Launch) -> Iterator[Finding]:
    who, title, word = entry.client.name, entry.client.title, launch.start.words[0]
    shown = quoted(launch.written[0])
    path = launch.environ.get("PATH", MENU_PATH)
    bare = "/" not in word and "\\" not in word
    if launch.found is None and bare:
        yield Finding(
            who,
            "program",
            State.FAIL,
            f"{title} finds no {shown}: the PATH that it has is {quoted(path)}",
            located(entry),
        )
    elif launch.found is None:
        what = "is not there" if Path(word).is_absolute() else f"is not in {launch.cwd}"
        yield Finding(who, "program", State.FAIL, f"{shown} {what}", located(entry))
    elif bare:
        yield Finding(
            who,
            "program",
            State.NOTE,
            f"{shown} is looked up on the PATH, and is {launch.found} now",
            located(entry),
        )
    elif is_fleeting(launch.found):
        said = f"{shown} lies in a temporary place, and will not stay"
        yield Finding(who, "program", State.WARN, said, stays(mend(entry)))
    if launch.start.unsafe and launch.start.count:
        yield Finding(
            who,
            "program",
            State.WARN,
            "Python looks for tokenspace in the folder that is open first, where anybody may have "
            "put something of that name",
            f'put "-P" before "-m" in the args, or {mend(entry)}',
        )


def _without_token(entry: Entry, shown: str) -> str:
    url = entry.address
    if not entry.trusted:  # no command with its address, which is whoever's wrote the project
        leads = url or start_of(entry.value).told.remote
        more = f"; and {doubt(entry, shown)}" if leads else ""
        return f"take the token out of {shown}, and revoke it: others may have read it{more}"
    if url and entry.client.token:
        return f"put the token into TOKENSPACE_TOKEN, then {mend(entry, '--url', url)}"
    if url:
        return f"take the token out of {shown}, then {with_token(entry, url)}"
    if entry.client.hands_on:
        return f"take the token out of {shown}, and put it into TOKENSPACE_TOKEN"
    return f"put the token into a file of your own, and name that in {shown}, in the args: {_FILE}"


def _of_words(entry: Entry, launch: Launch, shown: str) -> Iterator[Finding]:
    who, title = entry.client.name, entry.client.title
    asked = launch.start.told
    written = [*launch.start.words, *(launch.environ.get(name, "") for name in entry.variables)]
    left = next((name for one in written if (name := unexpanded(one))), "")
    if left:
        yield Finding(
            who,
            "variables",
            State.WARN,
            f"{title} does not expand {quoted(left)}, so it counts as not given",
            f"write in {shown} what it stands for, or take it out there, with the flag before it",
        )
    if asked.wrong:
        wrong = start_of(entry.value).told.wrong or asked.wrong
        said_wrong = f"tokenspace does not know these words: {quoted(wrong)}"
        how = f"put the words right in {shown}; `tokenspace serve --help` lists them"
        yield Finding(who, "entry", State.FAIL, said_wrong, how)


def hidden_of(entry: Entry) -> list[str]:
    """Return the values of an entry that may be keys, and are shown to nobody."""
    found: list[str] = []
    for key in ("env", "environment", "headers", "http_headers"):
        for value in part(entry.value, key).values():
            found += [word for word in str(value).split() if len(word) >= 6]
    return [word for word in found if not word.startswith(("/", "$", "{"))]
