"""What an entry does once it is started: how soon, in both eras, with what on its output."""

import errno
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

from ..front import LATEST_HANDSHAKE, MODERN
from ..install.program import NAME
from .configured import Entry
from .manners import MANNERS, SLOW_S
from .mends import command, located, mend
from .report import Finding, State, quoted
from .spawning import PATIENCE_S, Talk, legacy, modern, request, talk
from .starting import MENU_PATH, Launch
from .written import hidden_of

_UPGRADE = f"`uv tool upgrade {NAME}` (or `pipx upgrade {NAME}`)"
_SHOWN = 3  # lines of noise


def of_start(
    entry: Entry, launch: Launch, space: Mapping[str, Any], patience_s: float = PATIENCE_S
) -> Iterator[Finding]:
    """Start what an entry starts, twice: once for each era of the protocol.

    Args:
        entry: Whose start it is.
        launch: What is started.
        space: Where it leads, as `spaces.where` says.
        patience_s: How long answers are waited for.
    """
    who = entry.client.name
    first = talk(launch.command, launch.cwd, launch.environ, legacy(), patience_s)
    if first.problem:
        said = f"{launch.found} cannot be started: {first.problem}"
        yield Finding(who, "program", State.FAIL, said, _executable(entry, launch, first.problem))
        return
    answered = first.result(1)
    yield from noise(who, first, hidden_of(entry))
    if answered is None:
        yield _refused(entry, launch, first, space) or _silent(entry, first, patience_s)
        return
    again = talk(launch.command, launch.cwd, launch.environ, modern(), patience_s)
    yield from _time(entry, first, again)
    yield from _eras(who, first, again)
    if not first.noise:
        yield from noise(who, again, hidden_of(entry))
    yield from _version(entry, answered)
    if "error" not in space:  # which says it better
        yield from _ended(entry, (first, again))


def judged(took_s: float, limit_s: float | None) -> State:
    """Return how a start-up time is, against what the client waits for."""
    if limit_s is not None and took_s > limit_s:
        return State.FAIL
    return State.WARN if took_s > SLOW_S else State.OK


def noise(who: str, said: Talk, hidden: list[str]) -> Iterator[Finding]:
    """Tell of what stands on standard output and is no message."""
    if not said.noise:
        return
    shown = "; ".join(quoted(line.decode(errors="replace"), hidden) for line in said.noise[:_SHOWN])
    more = f"; and {len(said.noise) - _SHOWN} more" if len(said.noise) > _SHOWN else ""
    yield Finding(
        who,
        "stdout",
        State.FAIL,
        f"what is no message of the protocol stands on standard output: {shown}{more}",
        "send it to standard error: a wrapper around tokenspace, or a file that its shell or "
        "Python runs at the start, writes it",
    )


def _refused(entry: Entry, launch: Launch, said: Talk, space: Mapping[str, Any]) -> Finding | None:
    """Return what is told of a handshake that is answered with an error; None of any other.

    To write the entry anew is no mend for it: the program works, and says what does not.
    """
    error: Any = said.answers.get(1, {}).get("error")
    if not isinstance(error, dict):
        return None
    message = quoted(str(cast(dict[str, Any], error).get("message", "")), hidden_of(entry))
    how = "mend what it says"
    if "url" in space:
        file = launch.start.told.flags.get("token_file")
        words = [str(space["url"]), *(("--token-file", file) if file else ())]
        how = f"{command(NAME, 'doctor', *words)} asks the endpoint itself"
        if not space.get("token") and "token" in message:
            how += f'; the args in {entry.path} take "--token-file", "FILE" for a token'
    told = f"it answers the handshake with an error: {message.rstrip('.')}"
    return Finding(entry.client.name, "start", State.FAIL, told, how)


def _silent(entry: Entry, said: Talk, patience_s: float) -> Finding:
    ended = f"no answer within {patience_s:g} s"
    if said.code is not None:
        ended = f"it ended with exit code {said.code} before it answered"
    how = f"mend that, or {mend(entry)}" if entry.trusted else "mend that"
    told = f"{ended}{_last(said, hidden_of(entry))}"
    return Finding(entry.client.name, "start", State.FAIL, told, how)


def _ended(entry: Entry, talks: Sequence[Talk]) -> Iterator[Finding]:
    """Tell of one that answers, and then fails: what answered first is not all of it."""
    failed = next((said for said in talks if said.code), None)
    if failed is not None:
        last = _last(failed, hidden_of(entry))
        told = f"it answers the handshake, and ends with exit code {failed.code}{last}"
        yield Finding(entry.client.name, "start", State.FAIL, told, "mend what it says")


def _last(said: Talk, hidden: list[str]) -> str:
    """Return the last words of a server, after a colon."""
    last = [quoted(line.decode(errors="replace"), hidden) for line in said.log[-2:]]
    return f": {' '.join(last)}" if last else ""


def _time(entry: Entry, first: Talk, again: Talk) -> Iterator[Finding]:
    who, manner = entry.client.name, MANNERS[entry.client.name]
    took = first.took_s.get(2)
    if took is None:
        said = "it answers the handshake, and then no list of tools"
        yield Finding(who, "start", State.FAIL, said, _UPGRADE)
        return
    key, unit = manner.limit_key
    own: Any = entry.value.get(key) if key else None
    limit = float(own) * unit if isinstance(own, int | float) else manner.limit_s
    warm = again.took_s.get(2)
    said = f"handshake and tools in {took:.2f} s" + (f", then {warm:.2f} s" if warm else "")
    said += f"; {entry.client.title} waits {limit:g} s" if limit is not None else ""
    state = judged(took, limit)
    how = ""
    if state is not State.OK:
        how = f"start it without a wrapper, from a local disk: {mend(entry)}"
        how += f"; or {manner.raise_it}" if manner.raise_it else ""
    yield Finding(who, "start", state, said, how)


def _eras(who: str, first: Talk, again: Talk) -> Iterator[Finding]:
    tools = [_tools(talked) for talked in (first, again)]
    if all(tools) and again.result(1) is not None:
        said = f"both eras ({LATEST_HANDSHAKE}, {MODERN}), {tools[0]} tools"
        said += "" if first.noise or again.noise else ", nothing else on standard output"
        yield Finding(who, "handshake", State.OK, said)
        return
    for era, talked, count in zip((LATEST_HANDSHAKE, MODERN), (first, again), tools, strict=True):
        if talked.result(1) is None:
            said = f"it does not speak the protocol of {era}"
            yield Finding(who, "handshake", State.FAIL, said, _UPGRADE)
        elif not count:
            said = f"its list of tools is empty, or not answered, in the protocol of {era}"
            yield Finding(who, "handshake", State.FAIL, said, _UPGRADE)


def _tools(talked: Talk) -> int:
    listed = (talked.result(2) or {}).get("tools")
    return len(cast(list[Any], listed)) if isinstance(listed, list) else 0


def _version(entry: Entry, answered: dict[str, Any]) -> Iterator[Finding]:
    info = answered.get("serverInfo")
    found: dict[str, Any] = cast(dict[str, Any], info) if isinstance(info, dict) else {}
    name, its, ours = str(found.get("name")), str(found.get("version")), version(NAME)
    if name != NAME:
        said = f"what answers calls itself {quoted(name)}, not {NAME}"
        yield Finding(entry.client.name, "program", State.FAIL, said, located(entry))
    elif its != ours:
        said = f"it is version {quoted(its)}, and this is {ours}"
        how = f"{_UPGRADE}, or {mend(entry)}"
        yield Finding(entry.client.name, "program", State.WARN, said, how)


def of_locked_home(who: str, launch: Launch, patience_s: float = PATIENCE_S) -> Iterator[Finding]:
    """Start the program in a home folder that cannot be written: it has to say so, not to die.

    The folder is one that is made for it and goes again; the person's own is not touched.
    """
    messages = [*legacy(), request(3, "tools/call", {"name": "memory_status", "arguments": {}})]
    with tempfile.TemporaryDirectory(prefix="tokenspace-") as folder:
        taken = Path(folder, "taken")
        taken.touch()
        # What lies below a file can be made by nobody, not even by root.
        environ = {"HOME": str(taken / "home"), "PATH": MENU_PATH, "TOKENSPACE_MODEL": "none"}
        kept = ("SYSTEMROOT", "LANG", "LC_ALL")
        environ |= {name: launch.environ[name] for name in kept if name in launch.environ}
        said = talk(launch.bare, Path("/"), environ, messages, patience_s)
    yield from noise(who, said, [])
    answer = said.result(3)
    if answer is not None and answer.get("isError"):
        told = "with a home folder that cannot be written it starts, and says so at the first call"
        yield Finding(who, "read-only", State.OK, told)
        return
    last = " ".join(quoted(line.decode(errors="replace")) for line in said.log[-2:])
    told = f"with a home folder that cannot be written it does not answer: {last or 'in silence'}"
    yield Finding(who, "read-only", State.FAIL, told, _UPGRADE)


def _executable(entry: Entry, launch: Launch, problem: str) -> str:
    """Return what mends a program that the system does not start, by what the system says."""
    if problem == os.strerror(errno.EACCES):
        return command("chmod", "+x", str(launch.found))
    if problem in (os.strerror(errno.ENOENT), os.strerror(errno.ENOEXEC)):
        again = command("uv", "tool", "upgrade", "--reinstall", NAME)
        return f"{again}: its first line may name a Python that is gone"
    return f"put its words and variables right by hand in {entry.path}"
