"""The HTTP side of a service: `create_app` puts the layers around its routes. It knows no business rule."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute

from shared.errors import DomainError
from shared.passes.auth import Doors, allow_anyone
from shared.unit.idempotency import IdempotencyMissing, Key
from shared.web.bodies import BODY
from shared.web.entrance import Entrance, Ways, caller_of
from shared.web.layers import Surroundings
from shared.web.limiter import Limiter
from shared.web.pages import Pages
from shared.web.problems import Problems
from shared.web.security_headers import SecurityHeaders
from shared.web.texts import Texts

# Whether to send requests here, and what stands behind that answer; Health.ready is one.
Ready = Callable[[], Awaitable[tuple[bool, Mapping[str, object]]]]
_KEY_LENGTHS = range(8, 201)
# A stranger's answer may hold the link that is an order's only key, so what names it must not be guessed: any UUID will
# do, a date or a letter often repeated will not.
_STRANGERS_KEY_LENGTHS, _STRANGERS_KEY_SIGNS = range(16, 201), 6


def create_app(
    service: str, routers: Sequence[APIRouter], ready: Ready, doors: Doors | None, pages: Pages | None = None
) -> FastAPI:
    """A service's application; refuses routes without exactly one rule.

    In `app.state`: doors, pages, limiter. The service adds what its own dependencies need. `allow_anyone` routes need
    no doors.
    """
    # Entrance leads on from an address with a slash too many: Starlette would name the host and scheme it was asked by.
    app = FastAPI(title=f"Một Chạm {service}", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.doors = doors
    app.state.pages = pages
    app.state.limiter = limiter = Limiter()
    ways: list[APIRoute] = []
    for router in (_platform_routes(ready), *routers):
        ways += routes_of(router.routes)
        app.include_router(router)
    if pages is not None:
        app.router.routes.extend(pages.static_routes())

    problems = Problems(Texts.of() if pages is None else pages.texts, pages)
    for kind in (DomainError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, problems.answer)
    # The last one added is the outermost.
    app.add_middleware(Entrance, ways=Ways(ways), limiter=limiter)
    headers = SecurityHeaders(() if pages is None else pages.openings)
    app.add_middleware(Surroundings, headers=headers, problems=problems)
    return app


def routes_of(routes: Sequence[BaseRoute]) -> Iterator[APIRoute]:
    """All API routes of a router or an application, also of routers in it."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if isinstance(inner, APIRouter):
            yield from routes_of(inner.routes)
        elif isinstance(route, APIRoute):
            yield route


def _platform_routes(ready: Ready) -> APIRouter:
    router = APIRouter(dependencies=[Depends(allow_anyone)], include_in_schema=False)

    async def live() -> Response:
        return PlainTextResponse("ok")

    async def is_ready() -> Response:
        is_up, parts = await ready()
        return JSONResponse(dict(parts), 200 if is_up else 503)

    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    router.add_api_route("/health/live", live)
    router.add_api_route("/health/ready", is_ready)
    router.add_api_route("/metrics", metrics)
    return router


async def _once_key(request: Request) -> Key:
    return once_key(request)


def once_key(request: Request) -> Key:
    """Names this request: header `Idempotency-Key` (quoted or bare), else the form field `idempotency_key`."""
    body: bytes = request.scope.get(BODY, b"")
    value = request.headers.get("idempotency-key", "").strip().strip('"') or _key_in_form(request, body)
    caller = caller_of(request.scope)
    lengths, signs = (_KEY_LENGTHS, 1) if caller else (_STRANGERS_KEY_LENGTHS, _STRANGERS_KEY_SIGNS)
    if len(value) not in lengths or len(set(value)) < signs or not value.isascii() or not value.isprintable():
        raise IdempotencyMissing
    return Key.of(value, request.method, request.scope["path"], body, caller)


def _key_in_form(request: Request, body: bytes) -> str:
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return ""
    return parse_qs(body.decode("utf-8", "replace")).get("idempotency_key", [""])[0]


OnceKey = Annotated[Key, Depends(_once_key)]
