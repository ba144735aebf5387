"""Frames: what was written is read, and nothing else is."""

import asyncio
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenspace.memory.embedding.frames import (
    MAX_HEADER_BYTES,
    MAX_PAYLOAD_BYTES,
    Frame,
    FrameError,
    packed,
    read,
    receive,
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
FRAMES = st.builds(
    Frame,
    st.dictionaries(TEXTS, st.one_of(TEXTS, st.integers(), st.lists(TEXTS))),
    st.binary(max_size=200),
)


@given(st.lists(FRAMES, max_size=4))
def test_what_was_written_is_read(frames: list[Frame]) -> None:
    """One after another, to the end, by blocking and asyncio readers alike."""
    raw = b"".join(map(packed, frames))

    async def received() -> list[Frame]:
        reader = asyncio.StreamReader()
        reader.feed_data(raw)
        reader.feed_eof()
        found = list[Frame]()
        while (frame := await receive(reader)) is not None:
            found.append(frame)
        return found

    stream = io.BytesIO(raw)
    assert [read(stream) for _ in frames] == frames
    assert read(stream) is None
    assert asyncio.run(received()) == frames


@pytest.mark.parametrize(
    "raw",
    [
        b"\0\0",
        b"\0\0\0\x09\0\0\0\0{}",
        b"\0\0\0\x02\0\0\0\0[]",
        b"\0\0\0\x02\0\0\0\0{{",
        (MAX_HEADER_BYTES + 1).to_bytes(4) + bytes(4),
        bytes(4) + (MAX_PAYLOAD_BYTES + 1).to_bytes(4),
    ],
)
def test_what_is_no_frame_is_refused(raw: bytes) -> None:
    """Cut short, no object, no JSON, or larger than anyone sends."""
    with pytest.raises(FrameError):
        read(io.BytesIO(raw))


def test_nothing_above_the_bounds_is_written() -> None:
    """The other side would refuse it."""
    with pytest.raises(FrameError):
        packed(Frame({}, bytes(MAX_PAYLOAD_BYTES + 1)))
