"""The public doors of a whole system as people use them one evening, with every answer that is kept written down."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import cast
from urllib.parse import urlencode

import asyncpg
import httpx
from aiokafka import AIOKafkaProducer

from shared.clock import utc_now
from shared.ids import uuid7
from tests.support.real_system import RealSystem
from tests.support.release_files import Answer, Holder, Request, SignedPass, StoredAnswer

Json = dict[str, object]
Fields = Sequence[tuple[str, str]]
_PATIENCE_S = 40.0
_PREFIXES = {
    "/owner": "payments",
    "/manage/audit/payments": "payments",
    "/province": "analytics",
    "/manage/audit/analytics": "analytics",
    "/bank": "simulator",
}
# The cookie that a door looks at, by where its address begins.
_DOORS = {
    "/manage": "__Host-office",
    "/owner": "__Host-owner",
    "/api/gate": "__Host-gate",
    "/sign-in/owner": "__Host-gate",
}


class Surprised(Exception):
    """Something went otherwise than the evening is written; the text says what."""


@dataclass(slots=True)
class Town:
    """A running system, its databases and its log, and the answers that it gave."""

    system: RealSystem
    http: httpx.AsyncClient
    kafka: AIOKafkaProducer
    pools: Mapping[str, asyncpg.Pool]
    answers: list[StoredAnswer] = field(default_factory=list[StoredAnswer])
    sign_ins: list[StoredAnswer] = field(default_factory=list[StoredAnswer])
    passes: list[SignedPass] = field(default_factory=list[SignedPass])

    async def value(self, service: str, query: str, *arguments: object) -> object:
        """One value out of a service's database."""
        return cast("object", await self.pools[service].fetchval(query, *arguments))

    async def change(self, service: str, statement: str, *arguments: object) -> None:
        """What no door does: makes time pass, or a day full."""
        await self.pools[service].execute(statement, *arguments)

    async def until(self, what: str, condition: Callable[[], Awaitable[object]]) -> None:
        """Returns once the condition holds."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                while not await condition():  # noqa: ASYNC110 - what is waited for happens in other processes
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise Surprised(f"waited in vain: {what}") from None


@dataclass(slots=True)
class Visitor:
    """One person's browser or phone, with cookies of its own."""

    town: Town
    cookies: dict[str, str] = field(default_factory=dict[str, str])

    async def read(self, path: str) -> Json:
        """A JSON object by GET."""
        answer = await self._send(Request(method="GET", path=path, headers={"accept": "application/json"}, body=""))
        return _object_of(path, answer)

    async def submit(self, path: str, fields: Fields = (), *, shows: Callable[[str], list[str]] | None = None) -> str:
        """Sends a page's form under a key of its own; the address that it leads to.

        shows: finds in the page that answers what it must show again.
        """
        body = urlencode([*fields, ("idempotency_key", str(uuid7()))])
        headers = {"accept": "text/html", "content-type": "application/x-www-form-urlencoded"}
        request = Request(method="POST", path=path, headers=headers, body=body)
        answer = await self._send(request)
        if answer.status_code >= 400:
            raise Surprised(f"POST {path}: {answer.status_code}")
        shown = [] if shows is None else shows(answer.text)
        self._note(request, answer, shown)
        return str(answer.headers.get("location", ""))

    async def post(self, path: str, body: Mapping[str, object], key: str) -> Json:
        """Sends JSON under a key."""
        request = _json_request(path, body, {"idempotency-key": key})
        answer = await self._send(request)
        fields = _object_of(path, answer)
        self._note(request, answer, [])
        return fields

    async def tell(self, path: str, body: Mapping[str, object], *, again: bool = False) -> Json:
        """Sends JSON whose names in the body keep it from being done twice.

        again: tells it twice, as a phone does that lost the answer, and notes the second answer.
        """
        request = _json_request(path, body, {})
        fields = _object_of(path, await self._send(request))
        if again:
            answer = await self._send(request)
            self._note(request, answer, [])
        return fields

    async def _send(self, request: Request) -> httpx.Response:
        headers = dict(request.headers)
        if self.cookies:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = await self.town.http.request(
            request.method, request.path, headers=headers, content=request.body.encode()
        )
        for cookie, token in _cookies_of(answer).items():
            self.cookies[cookie] = token
            self.town.passes.append(SignedPass(token=token, holder=holder_of(cookie, token), at=utc_now()))
        return answer

    def _note(self, request: Request, answer: httpx.Response, shown: list[str]) -> None:
        """Writes the answer down; signing in apart, since it has no key and may be done as often as one likes."""
        is_sign_in = request.path in ("/sign-in", "/sign-in/owner")
        door = next((cookie for start, cookie in _DOORS.items() if request.path.startswith(start)), None)
        issued = [holder_of(name, token) for name, token in _cookies_of(answer).items()]
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        stored = StoredAnswer(
            service=service_of(request.path),
            request=request,
            holder=None if door is None else holder_of(door, self.cookies[door]),
            answer=Answer(
                status=answer.status_code,
                location=answer.headers.get("location"),
                fields=answer.json() if is_json else None,
                shows=shown,
                issued=issued[0] if issued else None,
            ),
        )
        (self.town.sign_ins if is_sign_in else self.town.answers).append(stored)


def service_of(path: str) -> str:
    """The service that answers an address, as deploy/Caddyfile shares them out."""
    found = [name for prefix, name in _PREFIXES.items() if path.removeprefix("/api").startswith(prefix)]
    return found[0] if found else "ticketing"


def holder_of(cookie: str, token: str) -> Holder:
    """Whose pass a cookie holds, unchecked: the JSON before the dot."""
    text = token.partition(".")[0]
    held = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    names = ("subject_id", "role", "venues", "scope", "device_id")
    return Holder(cookie=cookie, **{name: held[name] for name in names})


def _json_request(path: str, body: Mapping[str, object], headers: Mapping[str, str]) -> Request:
    told = {"accept": "application/json", "content-type": "application/json", **headers}
    return Request(method="POST", path=path, headers=told, body=json.dumps(body, ensure_ascii=False))


def _cookies_of(answer: httpx.Response) -> dict[str, str]:
    """Read by hand: these cookies are for https alone, and here is none."""
    found = SimpleCookie("; ".join(answer.headers.get_list("set-cookie")))
    return {name: morsel.value for name, morsel in found.items()}


def _object_of(path: str, answer: httpx.Response) -> Json:
    if answer.status_code >= 400:
        raise Surprised(f"{path}: {answer.status_code} {answer.text[:200]}")
    return cast("Json", answer.json())
