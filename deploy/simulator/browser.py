"""The public doors as one browser sees them: keeps cookies, follows no redirect; requests run in threads."""

import asyncio
import http.client
import json
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import cast
from urllib.parse import urlencode, urlsplit

from shared.ids import uuid7

_LIMIT_S = 30.0


class DoorRefused(Exception):
    """A door answered something else than was expected; the text says which and what. status: 0 for no answer."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    status: int
    body: bytes
    headers: Mapping[str, str]
    cookies: tuple[str, ...]  # each line of them, because signing in sets two

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@dataclass(slots=True)
class Browser:
    """One person's browser or phone. Each change carries an idempotency key of its own."""

    origin: str
    threads: Executor
    cookies: dict[str, str] = field(default_factory=dict[str, str])

    async def get(self, path: str, *, accept: str = "application/json") -> HttpAnswer:
        return await self._ask("GET", path, {"Accept": accept})

    async def read(self, path: str) -> dict[str, object]:
        """A JSON object; DoorRefused for any other answer."""
        return _object_of(path, await self.get(path))

    async def post_json(self, path: str, body: Mapping[str, object]) -> dict[str, object]:
        headers = {"Accept": "application/json", "Content-Type": "application/json", "Idempotency-Key": str(uuid7())}
        return _object_of(path, await self._ask("POST", path, headers, json.dumps(body).encode()))

    async def post_form(self, path: str, fields: Mapping[str, str]) -> HttpAnswer:
        """As a page's form does it; DoorRefused for an error page."""
        body = urlencode({**fields, "idempotency_key": str(uuid7())}).encode()
        headers = {"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"}
        answer = await self._ask("POST", path, headers, body)
        if answer.status >= 400:
            raise DoorRefused(f"POST {path}: {answer.status}", answer.status)
        return answer

    async def _ask(self, method: str, path: str, headers: dict[str, str], body: bytes | None = None) -> HttpAnswer:
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self.threads, _request, self.origin, (method, path), headers, body)
        for line in answer.cookies:
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        return answer


def _request(origin: str, what: tuple[str, str], headers: dict[str, str], body: bytes | None) -> HttpAnswer:
    address = urlsplit(origin)
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    connection = kind(address.netloc, timeout=_LIMIT_S)
    try:
        connection.request(*what, body=body, headers=headers)
        response = connection.getresponse()
        cookies = tuple(response.headers.get_all("set-cookie", ()))
        headers_of_it = {name.lower(): value for name, value in response.getheaders()}
        return HttpAnswer(response.status, response.read(), headers_of_it, cookies)
    except (OSError, http.client.HTTPException) as error:
        raise DoorRefused(f"{what[0]} {origin}: no answer ({type(error).__name__}); is `./run up` running?") from error
    finally:
        connection.close()


def _object_of(path: str, answer: HttpAnswer) -> dict[str, object]:
    if answer.status >= 400:
        raise DoorRefused(f"{path}: {answer.status} {answer.text[:200]}", answer.status)
    value: object = json.loads(answer.body)
    if not isinstance(value, dict):
        raise DoorRefused(f"{path}: no JSON object")
    return cast("dict[str, object]", value)
