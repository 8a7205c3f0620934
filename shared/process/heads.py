"""uvicorn's HTTP, with an end to what a stranger makes us keep: a head without an end, and a body nobody asked for."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared.web.limits import MOST_HEAD_BYTES

# What lies between the two limits, Entrance refuses in words.
_GIVEN_UP_BYTES = 4 * MOST_HEAD_BYTES
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class BoundedHeads(HttpToolsProtocol):
    """Ends a connection whose head goes on and on, and forgets a body once its request is answered."""

    _head_bytes = 0
    _is_in_head = True

    def data_received(self, data: bytes) -> None:
        # Of the piece in which a head begins, most may be the body before it.
        was_in_head = self._is_in_head
        super().data_received(data)
        if not (was_in_head and self._is_in_head) or self.transport.is_closing():
            return
        self._head_bytes += len(data)
        if self._head_bytes > _GIVEN_UP_BYTES:
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_in_head, self._head_bytes = True, 0

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        # Its first 256 kB came along with its head, before anybody could refuse it.
        self.cycle.body = bytearray()
        super().on_response_complete()
