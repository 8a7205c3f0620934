"""Server-sent events on the wire: one answer that lasts as long as its browser stays. What it tells is others'.

Source: WHATWG HTML, section "Server-sent events". FastAPI's own way gives each stream a task group, two queues and a
checked model an event, which cost more than all else that an order's page asks for.
"""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One event; data: JSON in UTF-8, which has no line break. retry_ms: how long a browser waits that was cut off."""

    data: bytes
    name: str
    id: str = ""
    retry_ms: int | None = None

    def encoded(self) -> bytes:
        assert b"\n" not in self.data
        head = f"event: {self.name}\n"
        tail = (f"id: {self.id}\n" if self.id else "") + ("" if self.retry_ms is None else f"retry: {self.retry_ms}\n")
        return b"%bdata: %b\n%b\n" % (head.encode(), self.data, tail.encode())


# Proxies end what is silent, and what is sent to a browser that is gone shows that it is gone.
KEEP_ALIVE_S = 15.0
_KEEP_ALIVE = b": ping\n\n"

StreamEvents = AsyncGenerator[StreamEvent | None]
"""Events as they happen, and None after a while without one."""


class EventStream(Response):
    """Sends events until there are no more or the browser leaves."""

    media_type = "text/event-stream"

    # FastAPI reads the status of the answer that it describes from here.
    def __init__(self, events: StreamEvents, status_code: int = 200) -> None:
        super().__init__(status_code=status_code, headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self.events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.create_task(self._send(send))
        leaving = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            sending.cancel()
            await asyncio.wait((sending,))
            await self.events.aclose()
        if not sending.cancelled():
            await sending

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async for event in self.events:
            body = _KEEP_ALIVE if event is None else event.encoded()
            await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
