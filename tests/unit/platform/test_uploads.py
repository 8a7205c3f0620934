"""Bodies of staff that are passed on piece by piece, and who may have a route that takes them."""

import pytest
from fastapi import APIRouter, Depends
from starlette.types import Message

from shared.passes.auth import allow_anyone
from shared.web.app import create_app
from shared.web.bodies import BODY, bounded
from shared.web.limits import UPLOAD, BodyTooLarge, within

_PIECE = b"x" * (1 << 20)


async def _endless() -> Message:
    return {"type": "http.request", "body": _PIECE, "more_body": True}


async def test_an_upload_comes_in_pieces_that_nobody_keeps_until_there_are_too_many() -> None:
    scope: dict[str, object] = {"type": "http", "headers": []}
    receive = await bounded(scope, _endless, UPLOAD)
    for _ in range(64):
        assert (await receive())["body"] is _PIECE
    with pytest.raises(BodyTooLarge):
        await receive()
    assert BODY not in scope


@pytest.mark.parametrize("length", [b"67108865", b"9" * 5000])
async def test_an_upload_that_says_that_it_is_too_large_is_not_begun(length: bytes) -> None:
    with pytest.raises(BodyTooLarge):
        await bounded({"type": "http", "headers": [(b"content-length", length)]}, _endless, UPLOAD)


def test_a_route_for_anyone_takes_no_upload() -> None:
    async def post_much() -> None: ...

    async def ready() -> tuple[bool, dict[str, object]]:
        return True, {}

    router = APIRouter(dependencies=[Depends(allow_anyone)])
    router.add_api_route("/much", within(body=UPLOAD)(post_much), methods=["POST"])
    with pytest.raises(AssertionError, match="takes much from anybody"):
        create_app("sample", [router], ready, doors=None)
