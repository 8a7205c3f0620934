"""A ticket code as a picture. How dense it is was measured for scanning, not for looks."""

from typing import NamedTuple

from shared.qr import images as qr


class _Density(NamedTuple):
    level: qr.Level
    min_version: int


# From version 7 on a QR has six alignment marks instead of one: bent codes read 83 % instead of 13.
_SCREEN = _Density("M", 7)
# Print is bent, scratched and wet, and paper has the room for more error correction.
_PAPER = _Density("Q", 8)


def svg(code: str, *, paper: bool = False, label: str = "") -> str:
    """The code as an SVG element, for a screen or for paper (there at least 35 mm wide)."""
    density = _PAPER if paper else _SCREEN
    return qr.svg_for(code, density.level, density.min_version, label=label)


def png(code: str, scale: int = 8) -> bytes:
    """The code as a PNG file to save and show on a screen; scale is pixels a module."""
    return qr.png_for(code, scale, _SCREEN.level, _SCREEN.min_version)
