"""Requests as no client of ours sends them: those of doors_samples, with anything in any place."""

import json
import random
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote, urlencode
from uuid import UUID

from fastapi import FastAPI

from shared.passes.auth import Cookie, Role, sign_pass
from tests.support.doors_samples import Sample
from tests.support.doors_table import Row
from tests.support.doors_world import VENUE, World
from tests.support.keys import new_keys

TIMES = (
    *("0001-01-01", "9999-12-31", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30"),
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2026-11-24T25:61:00Z", "1e400", "9" * 400),
)
ODD = (
    *TIMES,
    *("", " ", "0", "-1", "1e309", "NaN", "²", "٣", "null", "true", "[]", "{}", "%00", "\0", "a\0b"),
    *("\ud800", "\u202e", "\u00a0", "../../etc/passwd", "//evil.test", "/\\evil.test", "http://["),
    *("'; --", "{{7*7}}", "<script>", "=1+1", "x" * 9000, "-" + "9" * 30, str(UUID(int=0)), "a" * 24),
    *(str(UUID(int=2**128 - 1)), "350.000", "99999999999999999", VENUE, "Đồng Văn"),
)
ODD_VALUES: list[object] = [
    *(None, True, 0, -1, 1, 2**31, 2**63, -(2**63) - 1, 10**400, 1.5, float("inf"), float("nan")),
    *map(json.loads, ("[]", "{}", "[[]]", "[{}]", '{"a": {}}', '{"adult": -1}', '{"adult": 1e12}', '{"": ""}')),
    *([None] * 200, {"\0": 1}),
]
QUERIES = (
    *("lang", "next", "q", "venue_id", "venue", "since", "uses_after", "tickets_after", "revoked_after", "from", "to"),
    *(
        "amount",
        "code",
        "token",
        "cash",
        "who",
        "phone",
        "day",
        "page",
        "after",
        "district",
        "commune",
        "scope",
        "kind",
    ),
)
HEADERS = (
    *("origin", "host", "accept", "accept-language", "idempotency-key", "content-type", "cookie", "traceparent"),
    *("if-none-match", "if-modified-since", "range", "sec-fetch-site", "x-forwarded-for", "last-event-id", "te"),
)
TYPES = (
    *(
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "multipart/form-data",
    ),
    *("text/plain", "application/json; charset=utf-16", "application/x-www-form-urlencoded; charset=nothing", ""),
)
BODIES = (
    *(b"", b"\xff\xfe", b"{", b"[" * 30_000, b'{"a":' * 9_000, b"&" * 60_000, b"a=%", b"--x\r\n\r\n"),
    b"x" * 70_000,
)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW")


@dataclass(frozen=True, slots=True)
class Fuzzed:
    service: str
    method: str
    path: str
    query: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes
    address: str

    async def send(self, app: FastAPI) -> int:
        """The status; raises what nobody caught."""
        return (await self._answer(app))[0]

    async def text(self, app: FastAPI) -> bytes:
        return (await self._answer(app))[1]

    async def _answer(self, app: FastAPI) -> tuple[int, bytes]:
        status, text = 0, b""
        pieces: list[dict[str, object]] = [
            {"type": "http.request", "body": self.body, "more_body": False},
            {"type": "http.disconnect"},
        ]

        async def receive() -> dict[str, object]:
            return pieces.pop(0) if len(pieces) > 1 else pieces[0]

        async def send(message: dict[str, Any]) -> None:
            nonlocal status, text
            if message["type"] == "http.response.start":
                status = message["status"]
            text += message.get("body", b"")

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": self.method, "scheme": "https",
            "path": self.path, "raw_path": quote(self.path, errors="replace").encode(), "root_path": "",
            "query_string": self.query, "headers": self.headers,
            "client": (self.address, 1), "server": ("doors.test", 443),
        }  # fmt: skip
        await app(cast("Any", scope), cast("Any", receive), cast("Any", send))
        return status, text


class Fuzzer:
    """The same requests for the same seed and samples."""

    def __init__(self, world: World, samples: list[Sample], seed: str) -> None:
        self._random = random.Random(seed)
        self._samples = samples
        self._passes = {str(role): world.token(world.issued(role)) for role in Role}
        self._tokens = [*self._passes.values()]
        self._tokens += [
            sign_pass(world.issued(Role.OPERATOR), new_keys().signer),
            "",
            "x.y",
            "é.é",
            "x.\u00e9",
        ]

    def next(self) -> Fuzzed:
        draw = self._random
        sample = draw.choice(self._samples)
        row = sample.row
        method = draw.choice(METHODS) if draw.random() < 0.05 else row.method
        path = sample.path if draw.random() < 0.7 else self._odd_path(sample.path)
        query = dict(sample.query)
        for name in draw.sample(QUERIES, draw.choice((0, 0, 1, 3))):
            query[name] = draw.choice(TIMES if draw.random() < 0.3 else ODD)
        kind, body = self._body(sample)
        headers = {"host": "doors.test", "accept": draw.choice(("text/html", "application/json")), "content-type": kind}
        headers["cookie"] = self._cookie(row)
        if draw.random() < 0.9:
            headers["idempotency-key"] = f"{draw.getrandbits(100):x}"
        for name in draw.sample(HEADERS, draw.choice((0, 0, 1, 2))):
            headers[name] = draw.choice(ODD) if name != "content-type" else draw.choice(TYPES)
        return Fuzzed(
            row.service,
            method,
            path,
            urlencode(query, errors="replace").encode(),
            [(name.encode(), _line(value)) for name, value in headers.items()],
            body,
            "127.0.0.1" if draw.random() < 0.9 else draw.choice(("203.0.113.1", "2001:db8::1", "nobody", "")),
        )

    def _odd_path(self, path: str) -> str:
        parts = path.split("/")
        parts[self._random.randrange(len(parts))] = self._random.choice(ODD)
        found = "/".join(parts).encode("utf-8", "replace").decode()
        return found if found.startswith("/") else f"/{found}"

    def _cookie(self, row: Row) -> str:
        """Mostly a pass at the door where it is looked at, of somebody who may."""
        draw = self._random
        name = next((one.value for one in Cookie if one.value.endswith(row.door)), "__Host-office")
        right = [self._passes[who] for who in sorted(row.who) if who in self._passes]
        if right and draw.random() < 0.6:
            return f"{name}={draw.choice(right)}"
        if draw.random() < 0.1:
            name = draw.choice([*Cookie, "\u00a0__Host-office", "lang", ""])
        token = draw.choice(self._tokens) if draw.random() < 0.9 else draw.choice(ODD)
        return f"{name}={token}" * draw.choice((1, 1, 1, 2))

    def _body(self, sample: Sample) -> tuple[str, bytes]:
        draw = self._random
        if sample.body is None and draw.random() < 0.9:
            return "", b""
        if draw.random() < 0.1:
            return draw.choice(TYPES), draw.choice(BODIES)
        body: object = self._changed(sample.body or {})
        if sample.row.is_api:
            return "application/json", json.dumps(body).encode()
        form: dict[str, object] = cast("dict[str, object]", body) if isinstance(body, dict) else {}
        fields = {name: value if isinstance(value, str) else json.dumps(value) for name, value in form.items()}
        return "application/x-www-form-urlencoded", urlencode(fields, errors="replace").encode()

    def _changed(self, value: object) -> object:
        """A body with some of its values replaced by others, at any depth."""
        draw = self._random
        if isinstance(value, str) and value[10:11] == "T" and draw.random() < 0.3:
            return draw.choice(TIMES)
        if draw.random() < 0.15:
            return draw.choice(ODD) if draw.random() < 0.6 else draw.choice(ODD_VALUES)
        if isinstance(value, dict):
            fields = cast("dict[str, object]", value)
            return {name: self._changed(inner) for name, inner in fields.items() if draw.random() < 0.95}
        if isinstance(value, list):
            return [self._changed(inner) for inner in cast("list[object]", value)] * draw.choice((1, 1, 1, 3, 101))
        return value


def _line(value: str) -> bytes:
    """A header's value as a network may hand it over: any byte but the line's end."""
    return value.encode("latin-1", "replace").replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"")
