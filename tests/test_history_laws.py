"""What holds of every merge of blocks, whatever stands in them: the laws, by properties."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenspace.memory import Block, Draft
from tokenspace.memory.conflicts import Conflict, Resolver
from tokenspace.memory.diff import applied, entries
from tokenspace.memory.lines import content, split_lines
from tokenspace.memory.merging import merged_blocks, paired, same
from tokenspace.memory.transact import draft_of

from .history_model import led
from .support import block, texts

FEW = st.sampled_from(["", "x", "y"])


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    """Return one block in any state: few values a field, so that sides often agree."""
    return block(
        draw(texts(most=6)),
        label=draw(st.sampled_from(["notes", "Notes", "other"])),
        description=draw(FEW),
        limit=draw(st.sampled_from([100, 200, 300])),
        read_only=draw(st.booleans()),
        tags=tuple(draw(st.lists(FEW, unique=True, max_size=3))),
        metadata=draw(st.dictionaries(st.sampled_from(["k", "l"]), FEW)),
    )


maybe = st.one_of(st.none(), blocks())
side = st.sampled_from(["ours", "theirs", "both"])


def merged(
    base: Block | None, ours: Block | None, theirs: Block | None, **resolutions: str
) -> tuple[Draft | None, list[Conflict]]:
    """Return what a block of ours is after a merge, and the conflicts that are left."""
    resolver = Resolver({key.replace("every", "*"): what for key, what in resolutions.items()})
    pairs = merged_blocks([(base, ours, theirs)], resolver)
    assert len(pairs) <= 1
    draft = pairs[0][1] if pairs else draft_of(ours) if ours else None
    assert all(before is ours for before, _ in pairs)
    return (None if draft and draft.value is None else draft), resolver.open


def drafted(state: Block | None) -> Draft | None:
    """Return a block as a draft."""
    return draft_of(state) if state else None


def sides_of(found: list[Conflict], *, swapped: bool = False) -> "Counter[tuple[str, ...]]":
    """Return conflicts without what depends on the direction of the merge."""
    return Counter(
        (c.part, c.base, *((c.theirs, c.ours) if swapped else (c.ours, c.theirs))) for c in found
    )


def counted(draft: Draft | None) -> "Counter[str]":
    """Return the lines of a block, however they are ordered."""
    return Counter(map(content, split_lines((draft.value if draft else None) or "")))


def one_side_is_unchanged(base: Block | None, other: Block | None) -> None:
    """What the other side has stands; nothing is asked."""
    assert merged(base, base, other) == (drafted(other), [])
    assert merged(base, other, base) == (drafted(other), [])
    assert merged(base, other, other) == (drafted(other), [])


def either_direction(base: Block | None, ours: Block | None, theirs: Block | None) -> None:
    """Both directions ask the same questions, or come to the same lines."""
    one, open_one = merged(base, ours, theirs)
    other, open_other = merged(base, theirs, ours)
    assert sides_of(open_one) == sides_of(open_other, swapped=True)
    if not open_one:
        assert counted(one) == counted(other)
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            assert set(one.tags) == set(other.tags)
            label = other.label if base else one.label  # made on both: either one's spelling
            assert one == replace(other, value=one.value, tags=one.tags, label=label)


def decided(base: Block | None, ours: Block | None, theirs: Block | None, what: str) -> None:
    """A decision for all leaves nothing open, and takes what was decided and nothing else."""
    _, found = merged(base, ours, theirs)
    draft, left = merged(base, ours, theirs, every=what)
    assert left == []
    swap = {"ours": "theirs", "theirs": "ours", "both": "both"}[what]
    swapped, _ = merged(base, theirs, ours, every=swap)
    assert counted(draft) == counted(swapped)
    one_by_one, left = merged(base, ours, theirs, **{c.id: what for c in found})
    assert (one_by_one, left) == (draft, [])
    for conflict in found:
        if conflict.part == "text" and what == "both":
            for text in (conflict.ours, conflict.theirs):
                assert counted(draft) >= Counter(map(content, split_lines(text)))


@given(maybe, maybe)
def test_a_merge_with_an_unchanged_side_is_the_other_side(
    base: Block | None, other: Block | None
) -> None:
    """Made, changed in any way, deleted; and so is a merge of two sides that are equal."""
    one_side_is_unchanged(base, other)


@given(maybe, maybe, maybe)
def test_a_conflict_is_one_in_either_direction(
    base: Block | None, ours: Block | None, theirs: Block | None
) -> None:
    """With ours and theirs swapped; without one, both directions have the same lines."""
    either_direction(base, ours, theirs)


@given(maybe, maybe, maybe, side)
def test_a_decision_is_done(
    base: Block | None, ours: Block | None, theirs: Block | None, what: str
) -> None:
    """For all conflicts at once or for each by its id; ours here is theirs there."""
    decided(base, ours, theirs, what)


@st.composite
def apart(draw: st.DrawFn) -> tuple[str, str, str, str]:
    """Return a base, two texts that changed it in places that do not touch, and both in one."""
    base, ours, theirs, both = ([f"line {n}"] for n in "0000")
    for n in range(draw(st.integers(1, 6))):
        old = [f"old {n}.{i}" for i in range(draw(st.integers(0, 3)))]
        new = [f"new {n}.{i}" for i in range(draw(st.integers(0, 3)))]
        mine = draw(st.booleans())
        base += old
        ours += new if mine else old
        theirs += old if mine else new
        both += new
        for text in (base, ours, theirs, both):
            text.append(f"line {n + 1}")
    ending = "\n" if draw(st.booleans()) else ""
    one, two, three, four = ("\n".join(x) + ending for x in (base, ours, theirs, both))
    return one, two, three, four


@given(apart())
def test_edits_in_different_places_are_both_made(case: tuple[str, str, str, str]) -> None:
    """In either direction, with every line where it belongs."""
    base, ours, theirs, both = (block(text) for text in case)
    for one, other in ((ours, theirs), (theirs, ours)):
        assert merged(base, one, other) == (draft_of(both), [])


@given(st.lists(st.sampled_from("ab"), max_size=4), st.integers(0, 4), st.data())
def test_what_both_insert_at_one_place_is_there_twice_over(
    rest: list[str], at: int, data: st.DataObject
) -> None:
    """All lines of either side, each side's together and in their order."""
    base = [f"line {n}" for n in range(len(rest))]
    at = min(at, len(base))
    news = [[f"{who} {n}" for n in range(data.draw(st.integers(1, 3)))] for who in ("i", "you")]
    sides = ["\n".join([*base[:at], *new, *base[at:], ""]) for new in news]
    start = block("\n".join([*base, ""]) if base else "")
    for order in (0, 1), (1, 0):
        ours, theirs = (block(sides[who]) for who in order)
        draft, left = merged(start, ours, theirs)
        expected = [*base[:at], *news[order[0]], *news[order[1]], *base[at:]]
        assert left == []
        assert draft is not None
        assert draft.value == "\n".join([*expected, ""])


@st.composite
def three_states(draw: st.DrawFn) -> list[list[Block]]:
    """Return the blocks of a base and two sides: some the same ones, some made on each."""
    states: list[list[Block]] = []
    for who in ("base", "ours", "theirs"):
        uids = draw(st.lists(st.sampled_from(["1", "2", f"{who} 3", f"{who} 4"]), unique=True))
        labels = draw(st.permutations(["a", "b", "c", "d"]))
        states.append(
            [
                replace(draw(blocks()), uid=uid, label=label)
                for uid, label in zip(uids, labels, strict=False)
            ]
        )
    return states


@settings(max_examples=50)
@given(three_states())
def test_every_block_takes_part_once(states: list[list[Block]]) -> None:
    """Each block of each side is in one triple, and what comes of it has a label of its own."""
    triples = paired(*states)
    for place, state in enumerate(states):
        found = [triple[place] for triple in triples]
        assert Counter(b.uid for b in found if b) == Counter(b.uid for b in state)
    for triple in triples:
        there = [b for b in triple if b]
        assert len({b.uid for b in there}) == 1 or len({b.label for b in there}) < len(there)
    resolver = Resolver({})
    pairs = merged_blocks(triples, resolver)
    if not resolver.open:
        changed = {before.uid for before, _ in pairs if before}
        labels = [b.label for b in states[1] if b.uid not in changed]
        labels += [draft.label for _, draft in pairs if draft.value is not None]
        assert len(set(map(str.casefold, labels))) == len(labels)
        identities = [draft.uid for _, draft in pairs]
        assert len(set(identities)) == len(identities)


@pytest.mark.slow
@given(maybe, maybe, maybe, side)
@settings(max_examples=2_500)
def test_the_laws_hold_of_many_merges(
    base: Block | None, ours: Block | None, theirs: Block | None, what: str
) -> None:
    """2,500 cases of each law."""
    one_side_is_unchanged(base, theirs)
    either_direction(base, ours, theirs)
    decided(base, ours, theirs, what)


@pytest.mark.slow
@given(texts(most=12), texts(most=12))
@settings(max_examples=2_000)
def test_many_diffs_lead_from_one_text_to_the_other(one: str, other: str) -> None:
    """2,000 cases; a difference that is shown is one."""
    led(one, other)
    assert (entries(one, other) == []) == (one == other)
    assert applied(other, entries(other, one)) == one


@given(blocks(), blocks())
def test_what_is_said_to_be_the_same_is(one: Block, other: Block) -> None:
    """All that a person gave a block counts, and nothing else."""
    assert same(one, replace(one, uid="u2", change=99))
    assert same(one, other) == (draft_of(one) == draft_of(other))
