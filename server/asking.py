"""What a person is asked before something cannot be undone, and a text that nobody shall see.

Questions go to standard error, as standard output may be read by a program.
"""

import getpass
import sys

from .call import Call, RefusedError
from .editing import from_file
from .terminal import printable


def confirm(call: Call, what: str) -> None:
    """Return if the person agrees to what the sentence `what` says, with --yes or when asked.

    Raises:
        RefusedError: they do not, or there is no terminal to ask them on.
    """
    if not call.args.yes:
        agree(what)


def agree(what: str, word: str = "yes") -> None:
    """Return if the person types `word`, once they are told what the sentence `what` says.

    Raises:
        RefusedError: they do not, or there is no terminal to ask them on.
    """
    if not _can_ask():
        raise RefusedError(f"{what} Nothing was changed; to agree, add --yes.")
    sys.stderr.write(f"{printable(what)}\nType {word} to go on: ")
    sys.stderr.flush()
    typed = b""
    try:
        typed = sys.stdin.buffer.readline()
    finally:
        if not typed.endswith(b"\n"):  # the end of input, or Ctrl-C
            sys.stderr.write("\n")
    if typed.strip().lower() != word.encode():
        raise RefusedError("nothing was changed.")


def text_of(word: str, what: str) -> str:
    """Return the text that a flag gives; `-` reads it from standard input, unseen at a terminal.

    Raises:
        RefusedError: there is none, or it is not UTF-8.
    """
    if word != "-":
        return word
    if not _can_ask():
        return from_file("-")
    try:
        return getpass.getpass(f"{what} (one line, it is not shown): ", stream=sys.stderr)
    except EOFError:
        sys.stderr.write("\n")
        raise RefusedError("nothing was given, and nothing was changed.") from None
    except UnicodeDecodeError:
        raise RefusedError("that is not UTF-8 text; nothing was changed.") from None


def _can_ask() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()
