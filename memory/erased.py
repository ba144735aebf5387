"""What a search through all of the past found, and what erasing did: plain values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """How far a search through all texts has come.

    Attributes:
        ids: Those that hold what is searched, by the store's own numbers.
        upto: The number up to which texts were searched.
        complete: There are no more.
    """

    ids: frozenset[int] = frozenset()
    upto: int = 0
    complete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What erasing did; nothing at all where `changes` is empty.

    Attributes:
        changes: Numbers of the changes it recorded; the last one is the erasing change.
        texts: How many different texts were rewritten.
        versions: How many versions had one of those.
        passages: How many passages and episodes were rewritten, now or in the past.
        reasons: How many changes' reasons were rewritten.
        descriptions: How many descriptions (with tags, metadata, sources) were rewritten.
        labels: How many labels were.
        checkpoints: How many checkpoints' names or messages were.
        entry: Keyed hash of what was erased, 32 hex digits.
        left: Names, not rewritten, that still hold it.
    """

    changes: tuple[int, ...] = ()
    texts: int = 0
    versions: int = 0
    passages: int = 0
    reasons: int = 0
    descriptions: int = 0
    labels: int = 0
    checkpoints: int = 0
    entry: str
    left: tuple[str, ...] = ()

    def counts(self) -> list[tuple[int, str]]:
        """Return what was rewritten: how many of each, and what that is, where there were any."""
        every = (
            (self.texts, "text"),
            (self.versions, "version"),
            (self.passages, "passage"),
            (self.reasons, "reason"),
            (self.descriptions, "description"),
            (self.labels, "label"),
            (self.checkpoints, "checkpoint"),
        )
        return [(count, what) for count, what in every if count]
