"""What is wrong with an entry as it is written, before anything is started."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from ..install.entries import GOOD_NAME, PROJECT, URLS
from ..install.places import Places
from ..install.program import NAME, STAYS, is_fleeting
from ..install.starts import start_of
from .configured import LOCAL, PLUGIN, Entry, part
from .expanding import unexpanded
from .manners import MANNERS
from .mends import located, mend, replaced, with_token
from .report import Finding, State, quoted
from .starting import ENDPOINT, MENU_PATH, Launch

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
            f"call it {NAME}: `tokenspace install {who}`, and take the other out of {shown}",
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
    if _TOKEN.search(json.dumps(entry.value)):
        ours = entry.scope != PROJECT
        yield Finding(
            who,
            "token",
            State.WARN if ours else State.FAIL,
            f"{shown} holds a token itself"
            + ("" if ours else ", and is a file of the project, which others get"),
            _without_token(entry, shown) + ("" if ours else "; then revoke the old one"),
        )


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
        yield Finding(
            who,
            "program",
            State.WARN,
            f"it is started through {launch.start.runner}, which may fetch it first and takes "
            "seconds; it was not started here",
            f"install it to stay ({STAYS}), then {mend(entry)}",
        )
        return
    yield from _of_program(entry, launch)
    if not launch.reason or launch.found is None:
        yield from _of_words(entry, launch, shown)
    elif launch.reason == ENDPOINT:
        said = f"{launch.reason}; it was not started here, and the endpoint not asked"
        yield Finding(who, "program", State.WARN, said, doubt(entry, shown))
    else:
        yield Finding(
            who,
            "program",
            State.FAIL,
            f"{launch.reason}; it was not started here",
            f"look at {shown}; to replace it: {replaced(entry, start_of(entry.value))}",
        )


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
    elif not Path(word).is_absolute():
        said = f"{shown} is another program in each folder that {title} starts it in"
        yield Finding(who, "program", State.WARN, said, located(entry))
    elif is_fleeting(launch.found):
        said = f"{shown} lies in a temporary place, and will not stay"
        yield Finding(who, "program", State.WARN, said, f"{STAYS}, then {mend(entry)}")
    if launch.start.unsafe and launch.start.count:
        yield Finding(
            who,
            "program",
            State.WARN,
            "Python looks for tokenspace in the folder that is open first, where anybody may have "
            "put something of that name",
            f'put "-P" before "-m" in the args, or {mend(entry)}',
        )


def doubt(entry: Entry, shown: str) -> str:
    """Return what to do about an endpoint that a project's file names."""
    return (
        f"ask those who wrote {shown} whose endpoint that is; if you do not trust it, take it out "
        f"there, and do not let {entry.client.title} start it: it may get your token"
    )


def _without_token(entry: Entry, shown: str) -> str:
    url = entry.address
    if not url:
        return f"take the token out of {shown}, and put it into TOKENSPACE_TOKEN"
    if entry.client.token:
        return f"put the token into TOKENSPACE_TOKEN, then {mend(entry, '--url', url)}"
    return f"take the token out of {shown}, then {with_token(entry, url)}"


def _of_words(entry: Entry, launch: Launch, shown: str) -> Iterator[Finding]:
    who, title = entry.client.name, entry.client.title
    asked = launch.start.told
    asked_for = part(entry.value, "env") or part(entry.value, "environment")
    written = [*launch.start.words, *(launch.environ.get(name, "") for name in asked_for)]
    left = next((name for one in written if (name := unexpanded(one))), "")
    if left:
        yield Finding(
            who,
            "variables",
            State.WARN,
            f"{title} does not expand {quoted(left)}, so it counts as not given",
            f"write what it stands for, or {replaced(entry, start_of(entry.value))}",
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
