"""Files that are gone from a mirrored folder: deleted by somebody, or only away for a while."""

from collections.abc import Callable, Collection

from .mirror_intake import Event
from .mirrored_folder import Folder

CALM_S = 6.0
"""So long a file stood still that somebody wrote before we replace it, or deleted before it counts.
"""

_FEW = 3  # files that may be deleted at once; of more, a third of all


class EmptiedError(Exception):
    """Every file is gone at once: that is a folder that was moved, not an edit."""


class Missing:
    """The files of one folder that are gone, and since when."""

    def __init__(self, folder: Folder, tell: Callable[[Event], object], *, many: bool) -> None:
        """Look at a folder; `many`: any number may be deleted at once."""
        self._folder = folder
        self._tell = tell
        self._many = many
        self._paths: frozenset[str] = frozenset()
        self._since = 0.0
        self._held: frozenset[str] = frozenset()

    def things(self) -> set[str]:
        """Return whose files are gone."""
        known = self._folder.known
        return {known[path].of for path in self._paths if path in known}

    def look(self, here: Collection[str], now: float) -> list[str]:
        """Return which files were deleted: those that stay gone, and are not many.

        Raises:
            EmptiedError: none is left.
        """
        known = self._folder.known
        if known and not self._folder.root.exists():
            raise EmptiedError
        there = {k.of for path, k in known.items() if path in here}
        paths = frozenset(p for p, k in known.items() if p not in here and k.of not in there)
        if paths != self._paths:
            self._paths, self._since = paths, now
        if not paths or now - self._since < CALM_S:
            return []
        if len(paths) == len(known) > 1 and not self._many:
            raise EmptiedError
        if len(paths) > max(_FEW, len(known) / 3) and not self._many:
            self._hold(paths, len(known))
            return []
        return sorted(paths)

    def _hold(self, paths: frozenset[str], of: int) -> None:
        """Say that nothing is deleted, once: git changes to another branch, or a disk is away."""
        if paths != self._held:
            self._held = paths
            told = (
                f"{len(paths)} of {of} files are gone at once. Nothing is deleted from memory "
                "while so many are; to delete it there too, start again with --watch --force."
            )
            self._tell(Event("held", min(paths), told))
