"""Bearer tokens: who may do what in which space. Only a digest of each is kept.

A token is `ts_<id>_<secret>`. Each has a file of its own, so that making or revoking one touches
no other, and a running server sees it at its next look. The secret has 256 random bits, so one
round of SHA-256 is enough: there is nothing to guess, and it does no harm if somebody reads the
files. Who could write them could make tokens: a file that just anybody can change counts for none.

With the first token the endpoint is closed, and stays so when the last is gone: taking somebody's
right away never gives it to everybody. A file `.closed` beside the tokens keeps that in mind.
"""

import hashlib
import hmac
import json
import os
import re
import secrets
import unicodedata
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from ...memory.errors import DeniedError, ExistsError, InvalidError, NotFoundError
from ..roles import Role
from ..wholefiles import write_new
from .private import is_others, make_private_folder, sync_folder

EVERY = "*"
"""What stands for every space of an endpoint."""
PREFIX = "ts_"
_TOKEN = re.compile(PREFIX + r"([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_NAME_CHARS = 64
_CLOSED = ".closed"
_NO_DIGEST = "0" * 64


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of a token.

    Attributes:
        id: Its public part.
        name: Whose it is; changes are signed with it.
        space: The space it is for, `*` for all.
        made_at, expires_at: Times; it never expires where the second is None.
        digest: SHA-256 of the whole token, in hex.
    """

    id: str
    name: str
    space: str
    role: Role
    made_at: datetime
    expires_at: datetime | None
    digest: str

    def is_over(self, now: datetime) -> bool:
        """Tell whether it has expired."""
        return self.expires_at is not None and self.expires_at <= now

    def meets(self, space: str) -> bool:
        """Tell whether it leads to where one for `space` leads."""
        return self.space == space or EVERY in (self.space, space)


class Tokens:
    """The tokens of an endpoint, in the folder `tokens` of its data."""

    def __init__(self, data: Path) -> None:
        self._folder = data / "tokens"
        self._read: dict[str, tuple[tuple[int, ...], Token]] = {}

    def create(
        self, name: str, space: str, role: Role, expires_at: datetime | None
    ) -> tuple[Token, str]:
        """Make a token and return what is kept of it, and the token itself, which is not kept.

        Exactly the same name and space is the same person, who changes tokens without a gap.

        Raises:
            InvalidError: the name or the time will not do.
            ExistsError: somebody of a name that looks the same can come into that space.
            DeniedError: just anybody could make tokens here.
        """
        name = _checked_name(name)
        now = datetime.now(UTC)
        if expires_at is not None and expires_at <= now:
            raise InvalidError("a token that has expired already is of no use; give a later time.")
        for other in self.all():
            alike = _looks(other.name) == _looks(name) and not other.is_over(now)
            if alike and other.meets(space) and (other.name, other.space) != (name, space):
                raise ExistsError(
                    f"changes by {name} could be taken for those of {other.name}, who has a token "
                    f"for {other.space} ({other.id}): give another name, or revoke that one first."
                )
        ident = secrets.token_hex(6)
        plain = f"{PREFIX}{ident}_{secrets.token_urlsafe(32)}"
        token = Token(ident, name, space, role, now, expires_at, _digest(plain))
        make_private_folder(self._folder)
        self.check_folder()
        self._close()
        self._write(token)
        return token, plain

    def all(self) -> list[Token]:
        """Return all tokens, also those that have expired, oldest first."""
        found = filter(None, map(self._one, self._ids()))
        return sorted(found, key=lambda token: (token.made_at, token.id))

    def damaged(self) -> list[str]:
        """Return the ids of files that count for no token: nobody comes in with them."""
        return [ident for ident in self._ids() if self._one(ident) is None]

    def any(self) -> bool:
        """Tell whether there is or was any token, good or not: nobody comes in without one."""
        try:
            with os.scandir(self._folder) as entries:
                return any(entry.name.endswith((".json", _CLOSED)) for entry in entries)
        except FileNotFoundError:
            return False

    @property
    def closed(self) -> Path:
        """The file that keeps the endpoint closed when no token is left."""
        return self._folder / _CLOSED

    def check_folder(self) -> None:
        """Refuse a folder in which just anybody could make tokens, or take them away.

        Raises:
            DeniedError: it says what to do.
        """
        with suppress(FileNotFoundError):
            if is_others(self._folder.stat(), self._owner()):
                raise DeniedError(
                    f"others than you can write into {self._folder}, and so make tokens: see that "
                    f"it is yours, and close it to them (chmod 700 {self._folder})."
                )

    def find(self, presented: str) -> Token | None:
        """Return the token that somebody presents, None where it is not one or not any more."""
        match = _TOKEN.fullmatch(presented)
        token = self._one(match[1]) if match else None
        known = token.digest if token is not None else _NO_DIGEST
        same = hmac.compare_digest(known, _digest(presented))
        if token is None or not same or token.is_over(datetime.now(UTC)):
            return None
        return token

    def revoke(self, which: str, space: str | None = None) -> Token | None:
        """Revoke a token; return what was kept of it, None where that could not be read.

        Args:
            which: Its id, the name of who has it, or the token itself.
            space: Only one for this space.

        Raises:
            NotFoundError: there is no such token.
            InvalidError: several have that name.
        """
        whole = _TOKEN.fullmatch(which)
        which = whole[1] if whole else which
        if which in self.damaged():
            self._remove(which)
            return None
        known = [token for token in self.all() if space in (None, token.space)]
        found = [token for token in known if token.id == which]
        found = found or [token for token in known if token.name == _normal(which)]
        if not found:
            raise NotFoundError(f"there is no token {which[:80]!r}; see `tokenspace token list`.")
        if len(found) > 1:
            ids = ", ".join(f"{t.id} ({t.space}, {t.made_at:%Y-%m-%d %H:%M})" for t in found)
            raise InvalidError(f"{which} has several tokens; give the id of one: {ids}.")
        self._remove(found[0].id)
        return found[0]

    def _path(self, ident: str) -> Path:
        return self._folder / f"{ident}.json"

    def _owner(self) -> int:
        """Return whose the data is: a server of another user, such as root, trusts that one."""
        return self._folder.parent.stat().st_uid

    def _ids(self) -> list[str]:
        """Return the ids of all files, whatever is in them."""
        try:
            return sorted(path.stem for path in self._folder.iterdir() if path.suffix == ".json")
        except FileNotFoundError:
            return []

    def _write(self, token: Token) -> None:
        """Put a token's file in place: whole or not at all, and for good."""
        fresh = self._folder / f".{token.id}"
        try:
            write_new(fresh, json.dumps(asdict(token), default=str).encode())
            fresh.replace(self._path(token.id))
        finally:
            fresh.unlink(missing_ok=True)
        sync_folder(self._folder)

    def _close(self) -> None:
        """Keep the endpoint closed from now on, also without a token; sync the folder then."""
        os.close(os.open(self.closed, os.O_CREAT | os.O_WRONLY, 0o600))

    def _remove(self, ident: str) -> None:
        self._close()
        self._path(ident).unlink(missing_ok=True)
        self._read.pop(ident, None)
        sync_folder(self._folder)  # or it might be good again after a power cut

    def _one(self, ident: str) -> Token | None:
        """Return a token as its file has it now; it is read again only where that was changed."""
        path = f"{self._folder}{os.sep}{ident}.json"  # every request comes by: no Path is made
        try:
            stat = os.stat(path)  # noqa: PTH116
            mark = (stat.st_mtime_ns, stat.st_ino, stat.st_size, stat.st_mode, stat.st_uid)
            kept = self._read.get(ident)
            if kept is None or kept[0] != mark:
                if is_others(stat, self._owner()):
                    return None
                text = self._path(ident).read_text("utf-8")
                kept = self._read[ident] = mark, _from_json(ident, text)
            return kept[1]
        except FileNotFoundError:
            self._read.pop(ident, None)
        except (ValueError, KeyError, TypeError, PermissionError, IsADirectoryError):
            return None  # not ours, or damaged: nobody comes in with it
        return None


def _from_json(ident: str, text: str) -> Token:
    """Return the token that a file is of.

    Raises:
        ValueError, KeyError, TypeError: it is of none.
    """
    found: dict[str, object] = json.loads(text)
    id_, name, space, digest = (found[key] for key in ("id", "name", "space", "digest"))
    if id_ != ident or not all(isinstance(value, str) for value in (name, space, digest)):
        raise ValueError(f"{ident} is not what it says it is")
    made, expires = found["made_at"], found["expires_at"]
    return Token(
        id=ident,
        name=cast(str, name),
        space=cast(str, space),
        role=Role(cast(str, found["role"])),
        made_at=_moment(made),
        expires_at=None if expires is None else _moment(expires),
        digest=cast(str, digest),
    )


def _moment(text: object) -> datetime:
    found = datetime.fromisoformat(cast(str, text))
    if found.tzinfo is None:
        raise ValueError(f"{text} does not say of which zone it is")
    return found


def _checked_name(name: str) -> str:
    """Return a name as it is kept: what looks the same is the same.

    Raises:
        InvalidError: it is no name, or is a token, which would stand in the history for all.
    """
    name = _normal(name)
    if not (0 < len(name) <= _NAME_CHARS and name.isprintable() and name == name.strip()):
        raise InvalidError(
            f"{name[:80]!r} cannot be a name: give 1 to {_NAME_CHARS} visible characters."
        )
    if _TOKEN.search(name):
        raise InvalidError("a token cannot be a name; give the name of who will have it.")
    return name


def _normal(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _looks(name: str) -> str:
    """Return what names have in common that look much the same: case, width, spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _digest(plain: str) -> str:
    return hashlib.sha256(plain.encode(errors="surrogateescape")).hexdigest()
