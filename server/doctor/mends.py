"""What mends an entry: a command where one is sure to, else what the person's own hand has to do.

`tokenspace install CLIENT` finds an entry again by its file and name, and keeps what it was pinned
to. Where it would write another entry than the broken one, or lose words of it, it is not named.
"""

import shlex

from ..install.entries import GOOD_NAME, PROJECT, USER
from ..install.program import NAME, STAYS, is_fleeting, script
from ..install.starts import start_of
from .configured import LOCAL, PLUGIN, Entry
from .report import quoted

_LEFT_OUT = "…"


def command(*words: str) -> str:
    """Return a command as it can be typed: whatever its words hold, a shell takes each as one.

    Words come from files of others as well. One that a terminal should not get, or that may be a
    key, is left out, and so is what would end the command's own quotes.
    """
    safe = (word if quoted(word) == word and "`" not in word else _LEFT_OUT for word in words)
    return f"`{shlex.join(safe)}`"


def installing(client: str, *flags: str) -> str:
    """Return the command that writes a client's entry, or takes it out.

    Before it stands what installs this program to stay, where it would refuse because it does not.
    """
    wanted = command(NAME, "install", client, *flags)
    return wanted if "--uninstall" in flags or _stays() else stays(wanted)


def stays(then: str) -> str:
    """Return a mend that needs this program installed to stay first."""
    return then if then.startswith(STAYS) else f"{STAYS}, then {then}"


def mend(entry: Entry, *flags: str) -> str:
    """Return what writes an entry anew, as it should be."""
    if _is_sure(entry):
        return installing(entry.client.name, *_which(entry), *flags)
    if entry.scope == PLUGIN:
        return f"update that plugin, or {taken_out(entry)}"
    out = f", or take it out: {taken_out(entry)}" if entry.scope == LOCAL else ""
    return f"put it right by hand in {entry.path}{out}"


def located(entry: Entry) -> str:
    """Return what writes the program's absolute path into an entry."""
    if entry.scope == PLUGIN:
        return f"{STAYS}, into a folder that is on the PATH"
    if not _is_sure(entry) or (entry.scope == PROJECT and not _stays()):
        return f"write the absolute path of an installed {NAME} into {entry.path} by hand"
    # A bare name in a project's file is kept for those who share it.
    flags = ("--program", str(script())) if entry.scope == PROJECT else ()
    return f"{mend(entry, *flags)} writes its absolute path"


def taken_out(entry: Entry) -> str:
    """Return what takes an entry out."""
    if entry.scope == PLUGIN:
        return f"switch that plugin off in {entry.path}"
    if not can_be_named(entry.name):
        return f"take {quoted(entry.name)!r} out of {entry.path}"
    if entry.scope == LOCAL:
        return command("claude", "mcp", "remove", "--scope", "local", entry.name)
    return installing(entry.client.name, *_which(entry), "--uninstall")


def with_token(entry: Entry, url: str) -> str:
    """Return what gives a client a token for the endpoint that its entry names."""
    bridge = mend(entry, "--url", url, "--bridge", "--token-file", "FILE")
    if not (entry.client.token or entry.client.hands_on):
        return bridge
    return f"set TOKENSPACE_TOKEN where {entry.client.title} is started, or {bridge}"


def doubt(entry: Entry, shown: str) -> str:
    """Return what to do about an endpoint that a project's file names."""
    return (
        f"ask those who wrote {shown} whose endpoint that is; if you do not trust it, take it out "
        f"there, and do not let {entry.client.title} start it: it may get your token"
    )


def can_be_named(name: str) -> bool:
    """Tell whether a command can name an entry: a project's file may call one anything."""
    return GOOD_NAME.fullmatch(name) is not None and not name.startswith("-")


def _is_sure(entry: Entry) -> bool:
    """Tell whether `tokenspace install` finds this very entry, and loses no word of it."""
    start = start_of(entry.value)
    known = not (start.is_ours and start.told.wrong)
    return entry.scope in (USER, PROJECT) and can_be_named(entry.name) and known


def _which(entry: Entry) -> list[str]:
    words = ["--scope", PROJECT] if entry.scope == PROJECT else []
    return words if entry.name == NAME else [*words, "--name", entry.name]


def _stays() -> bool:
    """Tell whether the program that runs now is one that clients can be given."""
    return script().is_file() and not is_fleeting(script())
