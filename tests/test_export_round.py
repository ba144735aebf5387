"""What goes out comes back the same: any block, any passage, in each format of ours."""

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tokenspace.memory.errors import InvalidError
from tokenspace.memory.exchange import jsonlines, letta, markdown
from tokenspace.memory.exchange.bundle import Bundle
from tokenspace.memory.exchange.filenames import block_path, label_of
from tokenspace.memory.exchange.frontmatter import render, split
from tokenspace.memory.model import Block, Draft, label_key, normal_label
from tokenspace.memory.passages import Passage, PassageDraft, draft_of_passage
from tokenspace.memory.transact import draft_of
from tokenspace.server import incoming
from tokenspace.server.mirrored_folder import Folder

from .support import HAND, NOW, opened, storable

Back = Callable[[list[Block], list[Passage]], Bundle]


def is_label(text: str) -> bool:
    """Tell whether a space takes this as a label."""
    try:
        return bool(normal_label(text))
    except InvalidError:
        return False


awkward = st.sampled_from(
    ["", "---\n", "---\na: 1\n---\nx", "\r\n\r\n", "\ta\n\n", "\ufeffx", "é\u2028\x85", '"', "a\r"]
)
values = st.one_of(awkward, storable, st.lists(awkward).map("".join))
segments = st.from_regex(r"[\w.\-]{1,12}", fullmatch=True) | st.sampled_from(
    ["a.conflict", "B.Conflict", ".conflict", "x.md", "build", "node_modules", ".git", "con"]
)
labels = st.lists(segments, min_size=1, max_size=3).map("/".join).filter(is_label).map(normal_label)
notes = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
tags = st.lists(notes.filter(str.strip).map(str.strip), max_size=2, unique=True).map(tuple)
times = st.none() | st.datetimes(datetime(1, 1, 2), timezones=st.just(UTC))


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    """Return any block."""
    return Draft(
        uid=None,
        label=draw(labels),
        value=draw(values),
        description=draw(notes),
        limit=draw(st.integers(1, 2**31)),
        read_only=draw(st.booleans()),
        tags=draw(tags),
        metadata=draw(st.dictionaries(notes, notes, max_size=2)),
    )


@st.composite
def passages(draw: st.DrawFn) -> PassageDraft:
    """Return any passage or episode."""
    begins, ends = draw(times), draw(times)
    return PassageDraft(
        id=None,
        kind=draw(st.sampled_from(["passage", "episode"])),
        text=draw(values.filter(str.strip)),
        tags=draw(tags),
        source=draw(notes),
        valid_from=begins,
        valid_until=None if begins and ends and ends < begins else ends,
    )


blocks = st.lists(drafts(), max_size=4, unique_by=lambda draft: label_key(draft.label))
archives = st.lists(passages(), max_size=4)


def as_block(n: int, draft: Draft) -> Block:
    """Return a draft as a block that stands."""
    value = draft.value or ""
    about = {
        name: getattr(draft, name)
        for name in ("label", "description", "limit", "read_only", "tags", "metadata")
    }
    return Block(
        **about, uid=f"u{n}", version="0" * 32, chars=len(value), change=n, at=NOW, value=value
    )


def as_passage(n: int, draft: PassageDraft) -> Passage:
    """Return a draft as a passage that stands."""
    return Passage(
        id=n,
        kind=draft.kind,
        text=draft.text or "",
        version="0" * 32,
        tags=draft.tags,
        source=draft.source,
        created=NOW,
        valid_from=draft.valid_from,
        valid_until=draft.valid_until,
        change=n,
        at=NOW,
    )


def by_markdown(given: list[Block], archive: list[Passage]) -> Bundle:
    """Return what comes back of files, as the import reads them; the mirror sees the same."""
    files = dict(
        [markdown.block_file(b) for b in given] + [markdown.passage_file(p) for p in archive]
    )
    assert len(files) == len(given) + len(archive)
    with tempfile.TemporaryDirectory() as folder:
        for path, text in files.items():
            place = Path(folder) / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text.encode())
        (Path(folder) / "blocks").mkdir(exist_ok=True)
        assert Folder(Path(folder)).scan().files.keys() == files.keys()
        return incoming.read(Path(folder), markdown.NAME)


def by_lines(given: list[Block], archive: list[Passage]) -> Bundle:
    """Return what comes back of JSON lines."""
    return jsonlines.read("".join(jsonlines.write("x", given, archive, NOW)), "x")


@given(blocks, archives, st.sampled_from([by_markdown, by_lines]))
@settings(max_examples=40, deadline=None)
def test_our_formats_carry_everything(
    given_blocks: list[Draft], archive: list[PassageDraft], back: Back
) -> None:
    """Every field of every block and passage, and their order where it has one."""
    bundle = back(
        [as_block(n, draft) for n, draft in enumerate(given_blocks, 1)],
        [as_passage(n, draft) for n, draft in enumerate(archive, 1)],
    )
    assert bundle.notes == ()
    found = {a.draft.label: a.draft for a in bundle.arrivals}
    assert found == {draft.label: draft for draft in given_blocks}
    assert list(bundle.passages) == archive


@given(st.lists(drafts(), min_size=1, max_size=3))
@settings(max_examples=30, deadline=None)
def test_an_agent_file_carries_every_block(given_blocks: list[Draft]) -> None:
    """It has no place for passages, and is read as any other of its kind."""
    text = letta.write("x", [as_block(n, d) for n, d in enumerate(given_blocks)], NOW)
    bundle = letta.read(text, "x")
    assert [a.draft for a in bundle.arrivals] == given_blocks
    assert bundle.left_out == {}


@given(labels, labels)
@settings(max_examples=60, deadline=None)
def test_a_path_tells_its_label_and_no_other(one: str, other: str) -> None:
    """Every label has a file of its own, that no other label's folder is in the way of."""
    assert label_of(block_path(one)) == one
    if one != other:
        assert block_path(one) != block_path(other)
        assert not block_path(other).startswith(block_path(one) + "/")


def test_names_that_systems_refuse_are_written_otherwise() -> None:
    """Devices, hidden files, dots at the end, a folder called as a file, and what is too long."""
    assert block_path("con") == "blocks/%63on.md"
    assert block_path(".git/a.") == "blocks/%2Egit/a%2E.md"
    assert block_path("a.md/b") == "blocks/a.m%64/b.md"
    assert block_path("a.conflict") == "blocks/a.conflic%74.md"
    long = block_path("é" * 128)
    assert len(long.encode()) < 160
    assert label_of(long) is None


@given(st.dictionaries(st.sampled_from(["a", "b_c"]), st.one_of(values, st.integers())), values)
@settings(max_examples=60, deadline=None)
def test_front_matter_is_read_as_it_was_written(fields: dict[str, object], body: str) -> None:
    """Whatever stands in it, and after it."""
    page = split(render(fields) + body)
    assert (page.fields, page.body) == (fields, body)


@given(blocks, archives)
@settings(max_examples=4, deadline=None)
def test_an_empty_space_becomes_the_one_that_was_exported(
    given_blocks: list[Draft], archive: list[PassageDraft]
) -> None:
    """The blocks that a new space starts with go, and a second time nothing changes."""

    async def work(folder: Path) -> None:
        async with opened(folder / "one.db") as one, opened(folder / "two.db") as two:
            for block in (await one.context()).blocks:
                await one.delete(block.label, HAND)
            for draft in given_blocks:
                await one.create(draft, HAND)
            for passage in archive:
                await one.archive.file(passage, HAND)
            had = await one.exchange.everything()
            bundle = by_lines(list(had.blocks), list(had.passages))
            await two.exchange.take(bundle, HAND)
            has = await two.exchange.everything()
            assert told(has.blocks) == told(had.blocks)
            assert [replace(draft_of_passage(p), id=None) for p in has.passages] == [
                replace(draft_of_passage(p), id=None) for p in had.passages
            ]
            assert (await two.exchange.take(bundle, HAND)).change is None

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(work(Path(folder)))


def told(found: tuple[Block, ...]) -> dict[str, Draft]:
    """Return blocks by label, without what only their space knows."""
    return {block.label: replace(draft_of(block), uid=None) for block in found}
