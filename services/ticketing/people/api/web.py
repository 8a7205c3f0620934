"""What the HTTP doors of ticketing share; `app.py` puts it into `app.state.web`."""

from dataclasses import dataclass
from typing import Annotated

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from shared.errors import DomainError
from shared.unit.idempotency import Key
from shared.unit.unit import Unit
from shared.web.pages import Pages


@dataclass(frozen=True, slots=True)
class Web:
    """pass_key signs passes; origin is the address people know, without a slash at the end."""

    unit: Unit
    pages: Pages
    pass_key: Ed25519PrivateKey
    origin: str


async def _web_of(request: Request) -> Web:
    web = request.app.state.web
    assert isinstance(web, Web)
    return web


WebDep = Annotated[Web, Depends(_web_of)]


def with_wait(response: Response, error: DomainError) -> Response:
    """The same answer, saying when to come again if the error knows."""
    if "retry_after_s" in error.fields:
        response.headers["Retry-After"] = str(error.fields["retry_after_s"])
    return response


def without_secrets(key: Key, request: Request, *told: str) -> Key:
    """The key of a form with a PIN or password in it: a hash of the whole body would be a quick way to guess that."""
    return Key.of(key.value, request.method, request.url.path, "\n".join(told).encode())
