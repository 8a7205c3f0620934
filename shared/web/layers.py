"""What surrounds every request, as pure ASGI: trace, access log and metrics. Entrance stands innermost.

Pure ASGI because a `BaseHTTPMiddleware` around an event stream turns each shutdown into tracebacks.
"""

import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.observe import trace
from shared.observe.log import Log
from shared.observe.metrics import HTTP_SECONDS

log = Log(__name__)
_QUIET = ("/health/", "/metrics", "/static/")


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
