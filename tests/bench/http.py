"""HTTP by hand for the generator, which shares the machine with what it measures: only what our own doors answer."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from typing import cast

_HEAD_ENDS, _LENGTH, _DATA = b"\r\n\r\n", b"\r\ncontent-length: ", b"data:"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


class Broken(ConnectionError):
    """The server closed before all was said."""


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def post(path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """A request with a JSON body."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{lines}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


class Kept(asyncio.Protocol):
    """A kept connection: one request at a time, whose answer says its length."""

    def __init__(self) -> None:
        self._got = b""
        self._body_at = self._ends_at = 0
        self._waiting: asyncio.Future[Answer] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's own has no such base

    async def ask(self, request: bytes) -> Answer:
        """Raises Broken when the connection ends before the answer does."""
        if self.transport.is_closing():
            raise Broken
        self._got, self._ends_at = b"", 0
        self._waiting = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self._waiting

    def data_received(self, data: bytes) -> None:
        self._got = got = self._got + data if self._got else data
        if not self._ends_at:
            head_ends = got.find(_HEAD_ENDS)
            if head_ends < 0:
                return
            length = got[:head_ends].lower().partition(_LENGTH)[2].partition(b"\r\n")[0]
            self._body_at = head_ends + len(_HEAD_ENDS)
            self._ends_at = self._body_at + int(length)
        if len(got) >= self._ends_at and self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(Answer(int(got[9:12]), got[self._body_at : self._ends_at]))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(Broken())


class Feed(asyncio.Protocol):
    """An event stream: what stands behind `data:`, event by event. Our server sends no line in two chunks."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._rest = b""
        self._events: asyncio.Queue[bytes | None] = asyncio.Queue()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if line.startswith(_DATA):
                self._events.put_nowait(line[len(_DATA) :])

    def connection_lost(self, exc: Exception | None) -> None:
        self._events.put_nowait(None)

    async def next(self) -> bytes:
        """The next event; raises Broken when the server has closed."""
        event = await self._events.get()
        if event is None:
            raise Broken
        return event


@asynccontextmanager
async def kept(ports: Sequence[int], count: int) -> AsyncGenerator[list[Kept]]:
    """So many connections to a service of this machine, to each of its processes in turn."""
    loop = asyncio.get_running_loop()
    turns = islice(cycle(ports), count)
    made = [(await loop.create_connection(Kept, "127.0.0.1", port))[1] for port in turns]
    try:
        yield made
    finally:
        for one in made:
            one.transport.close()


@asynccontextmanager
async def feed(port: int, path: str) -> AsyncGenerator[Feed]:
    """An open stream, closed as a browser closes it: by leaving."""
    request = get(path)
    _, opened = await asyncio.get_running_loop().create_connection(lambda: Feed(request), "127.0.0.1", port)
    try:
        yield opened
    finally:
        opened.transport.close()
