"""The headers that keep our pages shut: content security policy, camera, referrer. A pure ASGI middleware.

What a page needs open stands beside its router as an Opening, so nothing here names an address of a service. It is
pure ASGI because a `BaseHTTPMiddleware` around an event stream turns each shutdown into tracebacks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def _policy(*script_sources: str) -> str:
    directives: Mapping[str, str] = {
        "default-src": "'none'",
        "script-src": " ".join(("'self'", *script_sources)),
        "style-src": "'self'",
        "img-src": "'self' data: blob:",
        "connect-src": "'self'",
        "worker-src": "'self'",
        "manifest-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())


CONTENT_SECURITY_POLICY = _policy()
# WebAssembly needs a word of its own.
SCANNER_SECURITY_POLICY = _policy("'wasm-unsafe-eval'")

_SHUT = "microphone=(), geolocation=(), payment=(), usb=()"
PERMISSIONS = f"camera=(), {_SHUT}"
CAMERA_PERMISSIONS = f"camera=(self), {_SHUT}"

# An address that is a key goes nowhere, not even into our own log of the next request. Elsewhere `same-origin`, because
# under `no-referrer` a browser sends "Origin: null" with our own forms.
SECRET_REFERRER, REFERRER = "no-referrer", "same-origin"

_ALWAYS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Opening:
    """What the pages at and below an address need beyond what all pages may.

    scanner: they read codes by WebAssembly. secret_link: their address is a key that must not be passed on.
    """

    address: str
    camera: bool = False
    scanner: bool = False
    secret_link: bool = False

    def holds(self, path: str) -> bool:
        return path == self.address or path.startswith(f"{self.address}/")


def security_headers(path: str, openings: Sequence[Opening] = ()) -> dict[str, str]:
    """All security headers of a response at this path."""
    here = [opening for opening in openings if opening.holds(path)]
    scanner, camera = any(one.scanner for one in here), any(one.camera for one in here)
    return {
        **_ALWAYS,
        "Content-Security-Policy": SCANNER_SECURITY_POLICY if scanner else CONTENT_SECURITY_POLICY,
        "Permissions-Policy": CAMERA_PERMISSIONS if camera else PERMISSIONS,
        "Referrer-Policy": SECRET_REFERRER if any(one.secret_link for one in here) else REFERRER,
    }


class SecurityHeaders:
    """Adds the headers to every response; one that a handler set itself is kept."""

    def __init__(self, app: ASGIApp, openings: Sequence[Opening]) -> None:
        self._app = app
        self._openings = openings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in security_headers(path, self._openings).items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)
