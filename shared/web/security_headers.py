"""The headers that keep our pages shut: content security policy, camera, referrer.

What a page needs open stands beside its router as an Opening, so nothing here names an address of a service.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


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
    """The headers of every response of a service, as they go over the wire."""

    def __init__(self, openings: Sequence[Opening]) -> None:
        self._openings = openings
        # By which openings hold, so it has a handful of entries however many addresses are asked for.
        self._known: dict[tuple[bool, ...], list[tuple[bytes, bytes]]] = {}

    def at(self, path: str) -> Sequence[tuple[bytes, bytes]]:
        """Those of a response at this path; one that a handler set itself is to be kept."""
        holding = tuple(opening.holds(path) for opening in self._openings)
        if holding not in self._known:
            texts = security_headers(path, self._openings)
            self._known[holding] = [(name.lower().encode(), value.encode()) for name, value in texts.items()]
        return self._known[holding]
