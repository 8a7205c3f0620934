"""The headers that keep our pages shut: content security policy, camera, referrer. A pure ASGI middleware.

It is pure ASGI because a `BaseHTTPMiddleware` around an event stream turns each shutdown into tracebacks.
"""

from collections.abc import Mapping

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
# WebAssembly needs a word of its own. A worker obeys the policy of its own response, so the gate's scripts carry it.
SCANNER_SECURITY_POLICY = _policy("'wasm-unsafe-eval'")
SCANNER_PATHS = ("/gate", "/static/ticketing/gate")

_SHUT = "microphone=(), geolocation=(), payment=(), usb=()"
PERMISSIONS = f"camera=(), {_SHUT}"
CAMERA_PERMISSIONS = f"camera=(self), {_SHUT}"
CAMERA_PATHS = ("/gate", "/bank")

# The address of an order is its key, so it goes nowhere, not even into our own log of the next request. Elsewhere
# `same-origin`, because under `no-referrer` a browser sends "Origin: null" with our own forms.
SECRET_LINK_PATHS = ("/orders", "/t")

_ALWAYS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def security_headers(path: str) -> dict[str, str]:
    """All security headers of a response at this path."""
    return {
        **_ALWAYS,
        "Content-Security-Policy": SCANNER_SECURITY_POLICY if _below(path, SCANNER_PATHS) else CONTENT_SECURITY_POLICY,
        "Permissions-Policy": CAMERA_PERMISSIONS if _below(path, CAMERA_PATHS) else PERMISSIONS,
        "Referrer-Policy": "no-referrer" if _below(path, SECRET_LINK_PATHS) else "same-origin",
    }


def _below(path: str, folders: tuple[str, ...]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


class SecurityHeaders:
    """Adds the headers to every response; one that a handler set itself is kept."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in security_headers(path).items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)
