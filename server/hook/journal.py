"""The log of a program that may not complain: a line a failure, in a file that stays small."""

import os
import time

NAME = "hook.log"
MOST_BYTES = 256 * 1024


def note(what: str, error: BaseException | str) -> None:
    """Write a line about what went wrong; where that cannot be, nothing happens."""
    said = f"{type(error).__name__}: {error}" if isinstance(error, BaseException) else error
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    line = f"{at} {what}: {' '.join(said.split())[:500]}\n"
    try:
        from ...config.settings import log_folder

        folder = log_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / NAME
        fresh = path.exists() and path.stat().st_size > MOST_BYTES
        flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if fresh else os.O_APPEND)
        file = os.open(path, flags, 0o600)
        try:
            os.write(file, line.encode("utf-8", "backslashreplace"))
        finally:
            os.close(file)
    except (ImportError, OSError, RuntimeError):
        return
