"""Who may do what in a space that is shared."""

from enum import StrEnum


class Role(StrEnum):
    """What somebody may do in a space; each may do all that the one before may."""

    READER = "reader"
    WRITER = "writer"
    ADMIN = "admin"

    def may(self, needed: "Role") -> bool:
        """Tell whether this role is enough where `needed` is."""
        return self.rank >= needed.rank

    @property
    def rank(self) -> int:
        """How much it may do, beside the others."""
        return _RANKS[self]


_RANKS = {role: rank for rank, role in enumerate(Role)}
