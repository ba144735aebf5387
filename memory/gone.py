"""What of memory a branch no longer says: nowhere, in these or other words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from .candidates import Entries
from .facts import missing
from .ledger import Account, Ledger, ledger
from .model import Block
from .naming import essence, essences
from .pairing import pairing
from .sweeping import spots

_CLOSEST = 5  # entries elsewhere that may say what is gone here
_SAME = 0.6  # likeness from which one elsewhere, with the same hard facts, says the same


@dataclass(frozen=True, slots=True)
class Gone:
    """An entry that the branch does not account for."""

    block: Block
    account: Account

    @property
    def place(self) -> str:
        """Where it stood: `label:line`."""
        return f"{self.block.label}:{self.account.line}"

    @property
    def words(self) -> str:
        """The entry, as two are compared."""
        return essence(self.account.entry)


def gone_entries(
    before: Sequence[Block], now: Sequence[Block]
) -> Iterator[tuple[Block, int, list[Gone]]]:
    """Yield each block that lacks entries, how many it had, and those that are nowhere now."""
    yield from _Branch(before, now).gone()


class _Branch:
    """All that a branch says now, beside what it said before."""

    def __init__(self, before: Sequence[Block], now: Sequence[Block]) -> None:
        self._after = {block.uid: block for block in now}
        self._changed = [block for block in before if not self._stands(block)]
        self._there = essences(block.value for block in now)
        self._spots = spots(now)
        old = essences(block.value for block in before)
        self._new = [spot.entry for spot in self._spots if essence(spot.entry) not in old]

    def gone(self) -> Iterator[tuple[Block, int, list[Gone]]]:
        """Yield each block that lacks entries, how many it had, and those that are nowhere now.

        An entry may have become one of its own block, or a new one of any block. What stood
        elsewhere before can only be what says the same anyway.
        """
        own = [(block, self._ledger(block)) for block in self._changed]
        left = [
            (block, account)
            for block, taken in own
            for account in taken.losses
            if essence(account.entry) not in self._there
        ]
        entries = "\n".join(account.entry for _, account in left)
        moved = {each.line: each for each in ledger(entries, "\n".join(self._new)).accounts}
        gone: dict[str, list[Gone]] = {}
        for line, (block, account) in enumerate(left, 1):
            found = moved.get(line, account)
            if found.status in ("kept", "merged") or self._says(account.entry):
                continue
            nowhere = tuple(fact for fact in account.missing if fact in found.missing)
            gone.setdefault(block.uid, []).append(Gone(block, replace(account, missing=nowhere)))
        for block, taken in own:
            if block.uid in gone:
                yield block, len(taken.accounts), gone[block.uid]

    def _ledger(self, block: Block) -> Ledger:
        own = self._after.get(block.uid)
        return ledger(block.value, own.value if own else "")

    def _stands(self, block: Block) -> bool:
        own = self._after.get(block.uid)
        return own is not None and own.value == block.value

    def _says(self, entry: str) -> bool:
        """Tell whether some entry says the same, with every hard fact."""
        for index, _ in self._known.nearest(entry, _CLOSEST):
            other = self._spots[index].entry
            beside = pairing(entry, other)
            if beside.repeats and beside.likeness >= _SAME and not missing(entry, other):
                return True
        return False

    @cached_property
    def _known(self) -> Entries:
        return Entries([spot.entry for spot in self._spots])
