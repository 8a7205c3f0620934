"""What surrounds every request, as one pure ASGI layer: trace, security headers, problems, access log and metrics.

One layer, because each would wrap `send` and copy the headers of every answer; pure ASGI, because a
`BaseHTTPMiddleware` around an event stream turns each shutdown into tracebacks. Entrance stands inside of it.
"""

import time

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.observe import trace
from shared.observe.log import Log
from shared.observe.metrics import HTTP_SECONDS
from shared.web.addresses import address_of, shortened
from shared.web.problems import Problems
from shared.web.security_headers import SecurityHeaders

log = Log(__name__)
_QUIET = ("/health/", "/metrics", "/static/")


class Surroundings:
    """Takes over the caller's trace, answers with `X-Trace-Id` and the security headers, also where something failed.

    Writes one line and one measurement a request. Addresses of orders are secrets, so only the route's template is
    written, never the path. Of who was refused stands there from where, as much as may be kept: after an attack one
    looks for it.
    """

    def __init__(self, app: ASGIApp, headers: SecurityHeaders, problems: Problems) -> None:
        self._app = app
        self._headers = headers
        self._problems = problems

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        trace_id = trace.begin(_traceparent(scope))
        started = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = message.get("headers", ())
                names = {name for name, _ in own}
                added = [header for header in self._headers.at(scope["path"]) if header[0] not in names]
                message = {**message, "headers": [*own, *added, (b"x-trace-id", trace_id.encode())]}
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            pass
        except Exception as error:
            self._problems.note(error)
            if status:
                raise
            answer = await self._problems.answer(Request(scope, receive), error)
            await answer(scope, receive, send_with_headers)
        finally:
            _tell(scope, status or 499, time.perf_counter() - started)


def _traceparent(scope: Scope) -> str | None:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"), None)


def _tell(scope: Scope, status: int, seconds: float) -> None:
    route = str(getattr(scope.get("route"), "path", None) or "unmatched")
    HTTP_SECONDS.labels(route, str(status)).observe(seconds)
    if not scope["path"].startswith(_QUIET):
        where = {"address": shortened(address_of(scope))} if 400 <= status < 500 else {}
        log.info("request", method=scope["method"], route=route, status=status, ms=round(seconds * 1000, 2), **where)
