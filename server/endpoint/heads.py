"""How long the head of a request may be where httptools reads it, which takes any."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .connections import Limited

HEAD_BYTES = 2**16
"""The longest head, and the longest of what may follow a body; what one read brings is on top."""
_TOO_LONG = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


class Quick(Limited, HttpToolsProtocol):
    """HTTP in C."""

    _unfinished = 0  # bytes since the parser last had anything whole

    def data_received(self, data: bytes) -> None:
        """Take what was sent."""
        if self.transport.is_closing():
            return
        self._unfinished += len(data)
        super().data_received(data)
        if self._unfinished > HEAD_BYTES and not self.transport.is_closing():
            if self.cycle is None or self.cycle.response_complete:
                self.transport.write(_TOO_LONG)
            self.transport.close()

    def on_headers_complete(self) -> None:
        """Begin with a request."""
        self._unfinished = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of its body."""
        self._unfinished = 0
        super().on_body(body)
