"""Bodies of requests, never longer than their route takes: read whole and kept in the scope, or passed on in pieces."""

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope

from shared.web.limits import BodySize, BodyTooLarge

BODY = "mot_cham.body"


async def bounded(scope: Scope, receive: Receive, size: BodySize) -> Receive:
    """What the route reads its body from; raises BodyTooLarge, also later if the body is streamed."""
    length = Headers(scope=scope).get("content-length", "")
    if length.isdecimal() and (len(length) > len(str(size.most_bytes)) or int(length) > size.most_bytes):
        raise BodyTooLarge
    if size.streamed:
        return _counted(receive, size)
    scope[BODY] = body = await _read(receive, size)
    replayed = False

    async def receive_again() -> Message:
        nonlocal replayed
        if replayed:
            return await receive()
        replayed = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


async def _read(receive: Receive, size: BodySize) -> bytes:
    """The whole body; raises ClientDisconnect if the caller left."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > size.most_bytes:
            raise BodyTooLarge
        if not message.get("more_body", False):
            return bytes(body)


def _counted(receive: Receive, size: BodySize) -> Receive:
    taken = 0

    async def receive_piece() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > size.most_bytes:
            raise BodyTooLarge
        return message

    return receive_piece
