"""What surrounds every request, as pure ASGI: trace, access log and metrics, size limit, refusal of cross-site writes.

Pure ASGI because a `BaseHTTPMiddleware` around an event stream turns each shutdown into tracebacks.
"""

import time
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import DomainError, Forbidden
from shared.observe import trace
from shared.observe.log import Log
from shared.observe.metrics import HTTP_SECONDS

log = Log(__name__)
BODY = "mot_cham.body"
_MAX_BODY_BYTES = 1 << 20
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_QUIET = ("/health/", "/metrics", "/static/")


class BodyTooLarge(DomainError):
    """A request body of more than 1 MB."""

    code, status = "body_too_large", 413


class CrossSite(Forbidden):
    """Another site's page tried to make a browser change something here."""

    code = "cross_site"


class Observed:
    """Takes over the caller's trace, answers with `X-Trace-Id`, and writes one line and one measurement a request.

    Addresses of orders are secrets, so only the route's template is written, never the path.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        trace_id = trace.begin(Headers(scope=scope).get("traceparent"))
        started = time.perf_counter()
        status = 499

        async def send_with_trace(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Trace-Id"] = trace_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_trace)
        finally:
            seconds = time.perf_counter() - started
            route = str(getattr(scope.get("route"), "path", None) or "unmatched")
            HTTP_SECONDS.labels(route, str(status)).observe(seconds)
            if not scope["path"].startswith(_QUIET):
                fields = {"method": scope["method"], "route": route, "status": status}
                log.info("request", **fields, ms=round(seconds * 1000, 2))


class Bounded:
    """Reads a written body whole, up to 1 MB, and keeps it in the scope; refuses writes that other sites cause."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in _WRITES:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if is_cross_site(headers):
            raise CrossSite
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > _MAX_BODY_BYTES:
            raise BodyTooLarge
        body = await _read(receive)
        if body is None:
            return
        scope[BODY] = body
        replayed = False

        async def receive_again() -> Message:
            nonlocal replayed
            if replayed:
                return await receive()
            replayed = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, receive_again, send)


async def _read(receive: Receive) -> bytes | None:
    """The whole body, or None if the caller left."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if len(body) > _MAX_BODY_BYTES:
            raise BodyTooLarge
        if not message.get("more_body", False):
            return bytes(body)


def is_cross_site(headers: Headers) -> bool:
    """Whether a browser says that another site's page caused this request; programs say nothing, without cookies."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return False
    if origin == "null":
        # An order's page hides its address, so old browsers send "null" with its own forms; it needs no cookie.
        return "__Host-" in headers.get("cookie", "")
    return urlsplit(origin).netloc != headers.get("host")
