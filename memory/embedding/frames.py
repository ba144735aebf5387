"""What goes between a worker and its clients: frames on a stream of bytes.

A frame is two lengths (unsigned, 32 bits, big-endian), a JSON object of the first length, and raw
bytes of the second.

A worker says `{hello, pid}` to whoever connects, and `{ready: model}` once it can encode; or
`{fail, kind}`, a sentence, when it cannot, and goes. `{beat}` is to be heard after each step while
something is asked, and `{bye}` before it goes in order. A client asks `{id, query}` or
`{id, passages}` and gets `{id}` with vectors, or `{id, error}`.
"""

import asyncio
import json
import struct
from dataclasses import dataclass
from typing import Any, BinaryIO

PROTOCOL = 1
"""Raised with every change to the frames or to what they mean."""

MAX_HEADER_BYTES = 32 * 1024 * 1024
MAX_PAYLOAD_BYTES = 64 * 1024 * 1024

_LENGTHS = struct.Struct("!II")


class FrameError(Exception):
    """What came is no frame, or is above the bounds; the stream is of no further use."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message: a JSON object, and bytes with it."""

    header: dict[str, Any]
    payload: bytes = b""


def packed(frame: Frame) -> bytes:
    """Return a frame as bytes.

    Raises:
        FrameError: it is above the bounds.
    """
    header = json.dumps(frame.header, ensure_ascii=False, separators=(",", ":")).encode()
    return _LENGTHS.pack(*_bounded(len(header), len(frame.payload))) + header + frame.payload


def read(stream: BinaryIO) -> Frame | None:
    """Return the next frame of a blocking stream, None at its end.

    Raises:
        FrameError: what came is no frame, or ended within one.
    """
    start = stream.read(_LENGTHS.size)
    if not start:
        return None
    header, payload = _lengths(start)
    body = stream.read(header + payload)
    if len(body) != header + payload:
        raise FrameError("the stream ended within a frame")
    return _unpacked(body, header)


async def receive(reader: asyncio.StreamReader) -> Frame | None:
    """Return the next frame of an asyncio stream, None at its end.

    Raises:
        FrameError: what came is no frame.
    """
    try:
        header, payload = _lengths(await reader.readexactly(_LENGTHS.size))
        return _unpacked(await reader.readexactly(header + payload), header)
    except asyncio.IncompleteReadError:  # a process that died has said all it will
        return None


def _lengths(start: bytes) -> tuple[int, int]:
    if len(start) != _LENGTHS.size:
        raise FrameError("the stream ended within a frame")
    header, payload = _LENGTHS.unpack(start)
    return _bounded(header, payload)


def _bounded(header: int, payload: int) -> tuple[int, int]:
    if header > MAX_HEADER_BYTES or payload > MAX_PAYLOAD_BYTES:
        raise FrameError(f"a frame of {header:,} and {payload:,} bytes is above the bounds")
    return header, payload


def _unpacked(body: bytes, header: int) -> Frame:
    try:
        values: Any = json.loads(body[:header])
    except ValueError as error:
        raise FrameError("a frame's header is not JSON") from error
    if not isinstance(values, dict):
        raise FrameError("a frame's header is no object")
    return Frame(values, body[header:])  # pyright: ignore[reportUnknownArgumentType]
