"""Three-way merge of blocks: text by entry, what is said about them field by field.

Ours is the branch (or the present) that receives; theirs is what comes in. Where only one side
changed something, that stands; where both did the same, it stands once; what both changed and
differently is a conflict, and it is left to the caller.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from .conflicts import (
    ABSENT,
    ALL,
    BASE,
    BOTH,
    OURS,
    THEIRS,
    WORDS,
    Conflict,
    Resolver,
    conflict,
    digest,
)
from .errors import InvalidError
from .lines import split_lines
from .merge import Overlap, merge
from .model import Block, Draft, checked_text, label_key
from .transact import draft_of

GONE = "(no such block)"

Triple = tuple[Block | None, Block | None, Block | None]
"""A block in the base, in ours and in theirs."""


def merged_blocks(
    triples: Sequence[Triple], resolver: Resolver
) -> list[tuple[Block | None, Draft]]:
    """Return what becomes of each block of ours that changes: it, and what it shall be.

    What the resolver leaves open stands in `resolver.open`; the result is then not to be used.
    """
    pairs = _changed(triples, resolver)
    return _with_free_labels(pairs, [ours for _, ours, _ in triples if ours], resolver)


def common(base: Sequence[Block], one: Sequence[Block], other: Sequence[Block]) -> list[Block]:
    """Return what two states have in common, to be the base of a merge of what came of both.

    Where they contradict each other, it is as in the other.
    """
    kept = {block.uid: block for block in one}
    for before, draft in _changed(paired(base, one, other), Resolver({ALL: THEIRS})):
        uid = before.uid if before else draft.uid or ""
        kept.pop(uid, None)
        if draft.value is not None:
            like = before or next(block for block in other if block.uid == uid)
            kept[uid] = replace(
                like,
                label=draft.label,
                value=draft.value,
                description=draft.description,
                limit=draft.limit,
                read_only=draft.read_only,
                tags=draft.tags,
                metadata=draft.metadata,
            )
    return list(kept.values())


def _changed(triples: Sequence[Triple], resolver: Resolver) -> list[tuple[Block | None, Draft]]:
    drafts = ((ours, _merged(base, ours, theirs, resolver)) for base, ours, theirs in triples)
    return [(ours, draft) for ours, draft in drafts if draft is not None]


def paired(base: Sequence[Block], ours: Sequence[Block], theirs: Sequence[Block]) -> list[Triple]:
    """Return the blocks of three states side by side: by identity, else by label.

    A block that each side has made for itself under one label is one block.
    """
    bases, mine, incoming = ({b.uid: b for b in side} for side in (base, ours, theirs))
    only_here = {label_key(b.label): b for b in ours if b.uid not in bases | incoming}
    only_there = {label_key(b.label): b for b in theirs if b.uid not in bases | mine}
    triples: list[Triple] = []
    done: set[str] = set()
    for uid in dict.fromkeys((*bases, *mine, *incoming)):
        if uid in done:
            continue
        was, here, there = bases.get(uid), mine.get(uid), incoming.get(uid)
        known = here or there or was
        key = label_key(known.label) if known else ""
        here = here or only_here.pop(key, None)
        there = there or only_there.pop(key, None)
        done |= {block.uid for block in (here, there) if block}
        triples.append((was, here, there))
    return triples


def same(one: Block | None, other: Block | None) -> bool:
    """Tell whether two states of a block are equal in all that a person gave it."""
    if one is None or other is None:
        return one is other
    return replace(draft_of(one), uid=None) == replace(draft_of(other), uid=None)


def _merged(
    base: Block | None, ours: Block | None, theirs: Block | None, resolver: Resolver
) -> Draft | None:
    """Return what a block of ours shall be, None where it stays as it is."""
    if same(theirs, base) or same(ours, theirs):
        return None
    if base is not None and (ours is None or theirs is None):
        return _deleted_on_one_side(base, ours, theirs, resolver)
    if ours is None:
        return draft_of(theirs) if theirs else None
    if theirs is None:  # made on our side only
        return None
    if same(ours, base):
        return replace(draft_of(theirs), uid=ours.uid)
    return _all_fields(base, ours, theirs, resolver)


def _deleted_on_one_side(
    base: Block, ours: Block | None, theirs: Block | None, resolver: Resolver
) -> Draft | None:
    """Return what becomes of a block that one side deleted and the other may have changed."""
    gone = replace(draft_of(ours), value=None) if ours else None
    if same(ours, base):
        return gone
    values = (base.value, *(b.value if b else GONE for b in (ours, theirs)))
    choice = resolver.decided(conflict(ours or theirs or base, "block", None, *values))
    if choice == THEIRS:
        return draft_of(theirs) if theirs else gone
    if choice in (None, OURS, BOTH):
        kept = ours or theirs if choice == BOTH else None
        return draft_of(kept) if kept else None
    kept = ours or theirs or base
    choice = base.value if choice == BASE else choice
    return replace(draft_of(kept), value=checked_text(choice, f"block {kept.label}"))


def _all_fields(base: Block | None, ours: Block, theirs: Block, resolver: Resolver) -> Draft:
    """Return a block that both sides have, each field three-way."""

    def one(part: str, old: str, mine: str, their: str) -> str:
        if their in (old, mine):
            return mine
        if mine == old:
            return their
        choice = resolver.decided(conflict(ours, part, None, old, mine, their))
        if choice == BOTH and part != "label":
            return " ".join(text for text in (mine, their) if text != ABSENT)
        kept = {None: mine, OURS: mine, THEIRS: their, BOTH: mine, BASE: old}
        return kept.get(choice, choice or "")

    nothing = replace(ours, value="", description="", limit=0, read_only=False, tags=())
    was = base or replace(nothing, metadata={})
    return replace(
        draft_of(ours),
        label=one("label", was.label if base else ours.label, ours.label, theirs.label),
        value=_text(was.value, ours, theirs, resolver),
        description=one("description", was.description, ours.description, theirs.description),
        limit=_limit(was.limit, ours.limit, theirs.limit),
        read_only=theirs.read_only if ours.read_only == was.read_only else ours.read_only,
        tags=_tags(was.tags, ours.tags, theirs.tags),
        metadata=_metadata(was, ours, theirs, one),
    )


def _metadata(
    was: Block, ours: Block, theirs: Block, one: Callable[[str, str, str, str], str]
) -> dict[str, str]:
    made: dict[str, str] = {}
    for key in dict.fromkeys((*ours.metadata, *theirs.metadata)):
        sides = (block.metadata.get(key, ABSENT) for block in (was, ours, theirs))
        value = one(f"metadata {key}", *sides)
        if value != ABSENT:
            made[key] = value
    return made


def _text(base: str, ours: Block, theirs: Block, resolver: Resolver) -> str:
    def resolve(overlap: Overlap) -> list[str] | None:
        sides = ("".join(lines) for lines in (overlap.base, overlap.theirs, overlap.mine))
        choice = resolver.decided(conflict(ours, "text", overlap.line, *sides))
        if choice is None:
            return None
        both = overlap.theirs + overlap.mine
        kept = {OURS: overlap.theirs, THEIRS: overlap.mine, BOTH: both, BASE: overlap.base}
        if choice in kept:
            return list(kept[choice])
        return split_lines(choice if not choice or choice.endswith("\n") else choice + "\n")

    merged = merge(base, theirs.value, ours.value, resolve)
    return merged if isinstance(merged, str) else ours.value


def _limit(base: int, ours: int, theirs: int) -> int:
    """Return a soft limit; where both sides changed it, the larger."""
    if theirs in (base, ours):
        return ours
    return theirs if ours == base else max(ours, theirs)


def _tags(base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]) -> tuple[str, ...]:
    kept = [tag for tag in ours if tag in theirs or tag not in base]
    added = [tag for tag in theirs if tag not in base and tag not in ours]
    return (*kept, *added)


def _with_free_labels(
    pairs: list[tuple[Block | None, Draft]], ours: Sequence[Block], resolver: Resolver
) -> list[tuple[Block | None, Draft]]:
    """Return the drafts with a label each; two blocks that would have one are a conflict."""
    changed = {draft.uid for _, draft in pairs}
    holders = {label_key(b.label): b.label for b in ours if b.uid not in changed}
    free: list[tuple[Block | None, Draft]] = []
    for before, draft in pairs:
        label = draft.label
        if draft.value is not None and label_key(label) in holders:
            clash = Conflict(
                id=digest(draft.uid or "", "label", label),
                label=holders[label_key(label)],
                part="label",
                line=None,
                base=before.label if before else GONE,
                ours=f"{label} (another block)",
                theirs=label,
            )
            choice = resolver.decided(clash)
            if choice in WORDS:
                raise InvalidError(
                    f"two blocks would be called {label}; resolve {clash.id} with a label of its "
                    "own for the one that comes in."
                )
            label = choice or label
        if draft.value is not None:
            holders[label_key(label)] = label
        free.append((before, replace(draft, label=label)))
    return free
