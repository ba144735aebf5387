"""Whatever text is written in whatever order: it comes back, and no edit is lost."""

from collections.abc import Generator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenspace.memory.errors import ConflictError, TokenspaceError
from tokenspace.memory.lines import content, newline, split_lines

from .support import BY, Opened, put, storable, text, texts, version


@pytest.fixture(scope="module")
def opened() -> Generator[Opened]:
    """One space for all examples; each makes blocks of its own."""
    made = Opened()
    yield made
    made.close()


@given(st.data(), st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=50)
def test_any_sequence_of_edits_equals_a_plain_text(
    opened: Opened, data: st.DataObject, ending: str
) -> None:
    """Replace, insert and rethink do to a block what they would do to a list of lines."""

    async def run() -> None:
        space, label = opened.space, opened.fresh()
        model = data.draw(texts(ending))
        await put(space, model, label)
        for _ in range(data.draw(st.integers(1, 8))):
            kind = data.draw(st.sampled_from(["replace", "insert", "rethink"]))
            now = newline(model) if "\n" in model else ending
            new = data.draw(texts(now))
            lines = split_lines(model)
            try:
                if kind == "insert":
                    at = data.draw(st.integers(0, len(lines)))
                    await space.insert(label, new, at, BY)
                    expected = inserted(model, new, at, now)
                elif kind == "replace" and model:
                    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(model))] * 2)))
                    if "\r\n" in (model[start - 1 : start + 1], model[end - 1 : end + 1]):
                        continue  # half of a line ending is no quote
                    old = model[start:end]
                    done = await space.replace(label, old, new, BY)
                    assert model.count(old) == 1 or done.change is None  # a retry
                    expected = model.replace(old, new) if model.count(old) == 1 else model
                else:
                    await space.rethink(label, new, BY)
                    expected = new
                model = expected
            except TokenspaceError:
                pass  # refused: nothing may have changed
            assert await text(space, label) == model

    opened.runner.run(run())


def inserted(model: str, new: str, at: int, ending: str) -> str:
    """Return what an insert makes of a text whose lines end in `ending`."""
    if not model:
        return new
    if "\n" not in model + new:
        ending = "\n"  # neither says how lines end
    rows, final = list(map(content, split_lines(model))), model.endswith("\n")
    rows[at:at] = [content(row + "\n") for row in new.removesuffix("\n").split("\n")]
    return ending.join(rows) + (ending if final else "")


@given(value=storable, description=storable, tags=st.lists(storable, max_size=3))
@settings(max_examples=60)
def test_every_character_comes_back(
    opened: Opened, value: str, description: str, tags: list[str]
) -> None:
    """Tabs, every kind of line ending, any Unicode, empty texts: byte for byte."""

    async def run() -> None:
        label = opened.fresh()
        await put(opened.space, value, label, description=description, tags=tuple(tags))
        found, _ = await opened.space.read(label)
        assert (found.value, found.description, found.tags) == (value, description, tuple(tags))
        await opened.space.rethink(label, "", BY)
        assert await text(opened.space, label) == ""
        assert await text(opened.space, label, found.version) == value

    opened.runner.run(run())


@pytest.mark.slow
@given(piece=storable.filter(bool), tail=storable)
@settings(max_examples=8)
def test_values_of_256_kib_come_back_exactly(opened: Opened, piece: str, tail: str) -> None:
    """Also after the file was closed, and as an older version."""
    room = 262_144 - len(tail.encode())
    value = piece * (room // len(piece.encode())) + tail

    async def write() -> str:
        label = opened.fresh()
        await put(opened.space, value, label)
        await opened.space.rethink(label, value[: len(value) // 2], BY)
        return label

    label = opened.runner.run(write())
    opened.reopen()
    assert opened.runner.run(text(opened.space, label)) == value[: len(value) // 2]
    first = opened.runner.run(opened.space.changes(label))[-1]
    assert opened.runner.run(text(opened.space, label, str(first.number))) == value


EDITORS = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from(["read", "insert", "replace"]), st.integers(0, 9)),
    min_size=4,
    max_size=20,
)


@given(EDITORS)
@settings(max_examples=40)
def test_two_interleaved_editors_never_lose_an_edit(
    opened: Opened, steps: list[tuple[int, str, int]]
) -> None:
    """Each edits what it last read; every edit that was accepted is in the text at the end."""

    async def run() -> None:
        space, label = opened.space, opened.fresh()
        start = await put(space, "".join(f"line {n}\n" for n in range(6)), label)
        seen = [(start, await text(space, label))] * 2
        mine: set[str] = set()
        for n, (who, kind, place) in enumerate(steps):
            known, value = seen[who]
            lines = value.splitlines()
            try:
                if kind == "insert":
                    at = place % (len(lines) + 1)
                    await space.insert(label, f"edit {n}", at, BY, known)
                    mine.add(f"edit {n}")
                elif kind == "replace":
                    old = lines[place % len(lines)]
                    await space.replace(label, f"{old}\n", f"{old}+{n}\n", BY, known)
                    mine = {f"{edit}+{n}" if edit == old else edit for edit in mine} | {
                        f"{old}+{n}"
                    }
            except ConflictError:
                now = (await text(space, label)).splitlines()
                assert kind == "insert" or lines[place % len(lines)] not in now
            seen[who] = (await version(space, label), await text(space, label))
        assert mine <= set((await text(space, label)).splitlines())

    opened.runner.run(run())
