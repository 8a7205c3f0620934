"""The innermost layer: who may come in and how much they may bring, asked before anything of theirs is read or kept.

It knows which route is meant, so it asks in the order of what each question costs: the head, the site, the pass, the
rates, the body. Nobody on this very machine is counted: that is ourselves, our load and our tests.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.errors import DomainError, Forbidden
from shared.passes.auth import Allow, Pass, Rule, rule_of
from shared.web.addresses import address_of, is_our_machine
from shared.web.bodies import bounded
from shared.web.event_stream import EventStream
from shared.web.limiter import Limiter
from shared.web.limits import (
    MOST_HEAD_BYTES,
    READS,
    SESSION,
    SMALL,
    STREAMS_A_LINK,
    STREAMS_A_SESSION,
    STREAMS_AN_ADDRESS,
    WRITES,
    BodySize,
    HeadTooLarge,
    Rate,
    limits_of,
)
from shared.web.links import own_path
from shared.web.thin import Thin, thin_of

_VISITOR = "mot_cham.visitor"
_WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_TELLS_THE_SITE = frozenset({b"sec-fetch-site", b"origin", b"cookie", b"host"})
RawHeaders = Sequence[tuple[bytes, bytes]]


class CrossSite(Forbidden):
    """Another site's page tried to make a browser change something here."""

    code = "cross_site"


@dataclass(frozen=True, slots=True)
class Way:
    """One route, as it is asked for; route and thin: of a thin door."""

    pattern: re.Pattern[str]
    rule: Rule | None
    body: BodySize
    rate: Rate
    is_stream: bool
    route: APIRoute | None = None
    thin: Thin | None = None

    @staticmethod
    def of(route: APIRoute, method: str) -> "Way":
        rule, limits = rule_of(route), limits_of(route.endpoint)
        assert isinstance(rule, Allow) or not limits.body.streamed, f"{route.path} takes much from anybody"
        rate = limits.rate or (WRITES if method in _WRITING else READS)
        is_stream = isinstance(route.response_class, type) and issubclass(route.response_class, EventStream)
        return Way(route.path_regex, rule, limits.body, rate, is_stream, route, thin_of(route))


# What no route serves: static files, and addresses that do not exist, which take no body.
_NO_ROUTE = {
    is_written: Way(re.compile(""), None, SMALL, WRITES if is_written else READS, is_stream=False)
    for is_written in (False, True)
}


class Ways:
    """All routes by method; those without a parameter are found at once."""

    def __init__(self, routes: Iterable[APIRoute]) -> None:
        self._exact: dict[tuple[str, str], Way] = {}
        self._patterns: dict[str, list[Way]] = {}
        for route in routes:
            for method in route.methods or ():
                way = Way.of(route, method)
                if "{" in route.path:
                    self._patterns.setdefault(method, []).append(way)
                else:
                    self._exact[method, route.path] = way

    def find(self, method: str, path: str) -> Way | None:
        exact = self._exact.get((method, path))
        if exact is not None:
            return exact
        return next((way for way in self._patterns.get(method, ()) if way.pattern.match(path)), None)


class Entrance:
    """Refuses by raising; Problems answers."""

    def __init__(self, app: ASGIApp, ways: Ways, limiter: Limiter) -> None:
        self._app = app
        self._ways = ways
        self._limiter = limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        _check_head(scope)
        is_written = scope["method"] in _WRITING
        if is_written and is_cross_site(scope["headers"]):
            raise CrossSite
        found = self._ways.find(scope["method"], scope["path"])
        way = found or _NO_ROUTE[is_written]
        address = address_of(scope)
        scope[_VISITOR] = visitor = self._let_in(way, scope, address)
        if found is None and self._ways.find(scope["method"], bare := scope["path"].rstrip("/")) is not None:
            query = scope["query_string"].decode("latin-1")
            await RedirectResponse(f"{own_path(bare)}?{query}" if query else own_path(bare), 307)(scope, receive, send)
            return
        if is_written and found is not None:
            receive = await bounded(scope, receive, way.body)
        if not way.is_stream or is_our_machine(address):
            await self._call(way, scope, receive, send)
            return
        key = f"link {scope['path']}" if visitor is None else f"session {visitor.subject_id}"
        most = STREAMS_A_LINK if visitor is None else STREAMS_A_SESSION
        with self._limiter.stream({f"address {address}": STREAMS_AN_ADDRESS, key: most}):
            await self._call(way, scope, receive, send)

    async def _call(self, way: Way, scope: Scope, receive: Receive, send: Send) -> None:
        if way.thin is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = way.route
        found = way.pattern.match(scope["path"])
        assert found is not None
        response = await way.thin(Request(scope, receive), found.groupdict())
        await response(scope, receive, send)

    def _let_in(self, way: Way, scope: Scope, address: str) -> Pass | None:
        """Who asks, if the way asks for a pass; raises what keeps them out."""
        try:
            visitor = way.rule.admit(scope) if isinstance(way.rule, Allow) else None
        except DomainError:
            self._count(way.rate, address)
            raise
        if visitor is None:
            self._count(way.rate, address)
        elif not is_our_machine(address):
            self._limiter.count(SESSION, str(visitor.subject_id))
        return visitor

    def _count(self, rate: Rate, address: str) -> None:
        if not is_our_machine(address):
            self._limiter.count(rate, address)


def visitor_of(scope: Scope) -> Pass | None:
    """Who asks, by the pass that their way asked for."""
    visitor: Pass | None = scope.get(_VISITOR)
    return visitor


def caller_of(scope: Scope) -> str:
    """Their id; "" without a pass."""
    visitor = visitor_of(scope)
    return "" if visitor is None else str(visitor.subject_id)


def _check_head(scope: Scope) -> None:
    lines = sum(len(name) + len(value) for name, value in scope["headers"])
    if lines + len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MOST_HEAD_BYTES:
        raise HeadTooLarge


def is_cross_site(headers: RawHeaders) -> bool:
    """Whether a browser says that another site's page caused this request; programs say nothing, without cookies."""
    said = {name: value for name, value in reversed(headers) if name in _TELLS_THE_SITE}  # the first of each
    site = said.get(b"sec-fetch-site")
    if site is not None:
        return site not in (b"same-origin", b"none")
    origin = said.get(b"origin")
    if origin is None:
        return False
    if origin == b"null":
        # An order's page hides its address, so old browsers send "null" with its own forms; it needs no cookie.
        return b"__Host-" in said.get(b"cookie", b"")
    try:
        return urlsplit(origin).netloc != said.get(b"host")
    except ValueError:
        return True
