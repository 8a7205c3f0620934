"""Browsers in which a login signed in before: a signed cookie for each login, good for a year. It opens nothing.

Guesses from such a browser are counted on their own, so that strangers cannot keep its people out.
"""

import contextlib
import hashlib
from collections.abc import Mapping
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from starlette.requests import Request
from starlette.responses import Response

from services.ticketing.people.domain import fold_login
from shared.ids import uuid7
from shared.keys.files import Keys
from shared.passes.auth import set_cookie, token_in

_LIFETIME_S = 365 * 24 * 3600


def browser_of(request: Request, login: str, keys: Keys) -> str | None:
    """The id of the browser, if this login signed in there before."""
    browser_id, _, signature = token_in(request.headers.raw, _cookie_of(login)).partition(".")
    try:
        known = _is_signed(bytes.fromhex(signature), _told(login, browser_id), keys.public_keys)
        return str(UUID(browser_id)) if known else None
    except ValueError:
        return None


def _is_signed(signature: bytes, told: bytes, public_keys: Mapping[int, Ed25519PublicKey]) -> bool:
    """By any key of ours: the cookie does not say by which, and most of the time there is one."""
    for key in public_keys.values():
        with contextlib.suppress(InvalidSignature):
            key.verify(signature, told)
            return True
    return False


def remember_browser(response: Response, request: Request, login: str, keys: Keys) -> None:
    browser_id = browser_of(request, login, keys) or str(uuid7())
    signature = keys.signer.private_key.sign(_told(login, browser_id)).hex()
    set_cookie(response, _cookie_of(login), f"{browser_id}.{signature}", _LIFETIME_S)


def _cookie_of(login: str) -> str:
    return f"__Host-known-{hashlib.sha256(fold_login(login).encode()).hexdigest()[:12]}"


def _told(login: str, browser_id: str) -> bytes:
    # A pass is signed by the same key: what stands in front keeps the one from ever being read as the other.
    return f"known browser\n{fold_login(login)}\n{browser_id}".encode()
