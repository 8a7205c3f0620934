"""Thin doors answer as their plain twins would: the same bodies, refusals, limits and headers."""

import re
from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from shared.errors import NotFound
from shared.passes.auth import allow_anyone
from shared.web.app import create_app
from shared.web.event_stream import EventStream, StreamEvent, StreamEvents
from shared.web.thin import as_json, thin

JSON = {"content-type": "application/json"}
BODIES = [
    (b'{"count": 3}', JSON),
    (b'{"count": 3}', {"content-type": "application/vnd.api+json; charset=utf-8"}),
    (b'{"count": 3}', {"content-type": "text/plain"}),
    (b'{"count": 3}', {}),
    (b'{"count": "three"}', JSON),
    (b'{"count": 0, "more": [1, "a"]}', JSON),
    (b"{}", JSON),
    (b"[]", JSON),
    (b"", JSON),
    (b"{", JSON),
    (b"\xff\xfe", JSON),
    (b'{"count": NaN}', JSON),
    (b'{"count": 3, "name": "absent"}', JSON),
]


class Absent(NotFound):
    code = "absent"


class Body(BaseModel):
    count: Annotated[int, Field(ge=1)]
    more: list[int] = []
    name: str = ""


async def post(request: Request, kind: str, body: Body) -> Response:
    """Says back what it took."""
    if body.name == "absent":
        raise Absent
    return as_json({"kind": kind, "count": body.count, "more": body.more}, 201)


@thin
async def post_thin(request: Request, kind: str, body: Body) -> Response:
    return await post(request, kind, body)


async def say(request: Request, kind: str) -> Response:
    async def told() -> StreamEvents:
        yield StreamEvent(kind.encode(), "said", "7", 1000)
        yield None

    return EventStream(told())


async def is_ready() -> tuple[bool, dict[str, object]]:
    return True, {}


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    router = APIRouter(dependencies=[Depends(allow_anyone)])
    router.add_api_route("/plain/{kind}", post, methods=["POST"])
    router.add_api_route("/thin/{kind}", post_thin, methods=["POST"])
    router.add_api_route("/thin/{kind}/live", thin(say), response_class=EventStream)
    app = create_app("test", [router], is_ready, None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        yield client


@pytest.mark.parametrize(("body", "headers"), BODIES)
async def test_a_thin_door_answers_as_its_plain_twin(
    client: httpx.AsyncClient, body: bytes, headers: dict[str, str]
) -> None:
    plain, slim = [await client.post(f"/{door}/%C4%91", content=body, headers=headers) for door in ("plain", "thin")]
    assert slim.status_code == plain.status_code
    assert set(slim.headers) == set(plain.headers)
    assert _said(slim) == _said(plain)


async def test_a_thin_stream_is_an_event_stream_and_keeps_proxies_awake(client: httpx.AsyncClient) -> None:
    answer = await client.get("/thin/a/live")
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert "content-length" not in answer.headers
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.text == "event: said\ndata: a\nid: 7\nretry: 1000\n\n: ping\n\n"


async def test_a_thin_door_is_described_like_any_other(client: httpx.AsyncClient) -> None:
    app = client._transport.app  # type: ignore[attr-defined]
    assert isinstance(app, FastAPI)
    described = app.openapi()["paths"]
    assert described["/thin/{kind}"]["post"]["requestBody"] == described["/plain/{kind}"]["post"]["requestBody"]


def test_an_endpoint_that_asks_for_more_than_a_thin_door_gives_is_refused() -> None:
    async def odd(request: Request, page: int = 1) -> Response:
        raise AssertionError

    router = APIRouter(dependencies=[Depends(allow_anyone)])
    router.add_api_route("/odd", thin(odd))
    with pytest.raises(AssertionError, match="page"):
        create_app("test", [router], is_ready, None)


def _said(answer: httpx.Response) -> dict[str, object]:
    """An answer but for its trace, and for the word for a body that cannot be read at all."""
    body: dict[str, object] = answer.json()
    assert "trace_id" not in body or body.pop("trace_id")
    faults = body.get("errors")
    if isinstance(faults, list) and re.fullmatch(r"body(\.\d+)?", faults[0]["at"]):
        body["errors"] = "unreadable"
    return body
