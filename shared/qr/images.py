"""QR codes as pictures: SVG for pages and print, PNG to save.

The SVG carries no style, only attributes, so that a strict content security policy shows it too.
"""

from collections.abc import Iterator
from functools import lru_cache
from html import escape
from io import BytesIO
from itertools import groupby
from typing import Literal

from PIL import Image, ImageDraw
from qrcode.constants import ERROR_CORRECT_H, ERROR_CORRECT_L, ERROR_CORRECT_M, ERROR_CORRECT_Q
from qrcode.main import QRCode

Level = Literal["L", "M", "Q", "H"]

QUIET_ZONE = 4
"""White modules on each side, as ISO/IEC 18004 asks; scanners lose codes that have fewer."""

_LEVELS = {"L": ERROR_CORRECT_L, "M": ERROR_CORRECT_M, "Q": ERROR_CORRECT_Q, "H": ERROR_CORRECT_H}

_Rows = tuple[tuple[bool, ...], ...]


class TooLongForQr(ValueError):
    """No QR version holds the text at that error correction."""


def svg_for(text: str, level: Level = "M", min_version: int = 1, *, label: str = "") -> str:
    """The code as one SVG element, one unit a module, black on white; its size is the page's.

    label is what a screen reader says; without one the picture is hidden from it. Raises TooLongForQr.
    """
    rows = _modules(text, level, min_version)
    side = len(rows) + 2 * QUIET_ZONE
    named = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" {named}'
        f' shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{side}v{side}H0z"/>'
        f'<path stroke="#000" d="{_strokes(rows)}"/></svg>'
    )


def png_for(text: str, scale: int = 8, level: Level = "M", min_version: int = 1) -> bytes:
    """The code as a black and white PNG file; scale is pixels a module. Raises TooLongForQr."""
    rows = _modules(text, level, min_version)
    side = (len(rows) + 2 * QUIET_ZONE) * scale
    image = Image.new("1", (side, side), 1)
    pen = ImageDraw.Draw(image)
    for y, row in enumerate(rows, QUIET_ZONE):
        for start, length in _dark_runs(row):
            x = start + QUIET_ZONE
            pen.rectangle((x * scale, y * scale, (x + length) * scale - 1, (y + 1) * scale - 1), fill=0)
    file = BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


# Choosing the mask is most of the work (8 ms a code), and a page is asked for more than once.
@lru_cache(maxsize=256)
def _modules(text: str, level: Level, min_version: int) -> _Rows:
    """The matrix without quiet zone, dark = True. One segment, in the densest mode that holds it."""
    code = QRCode(version=min_version, error_correction=_LEVELS[level], border=0)
    code.add_data(text, optimize=0)
    try:
        code.make(fit=True)
    except ValueError as fault:  # qrcode asks itself for version 41
        raise TooLongForQr(len(text)) from fault
    return tuple(tuple(row) for row in code.get_matrix())


def _strokes(rows: _Rows) -> str:
    """Each run of dark modules as a line one unit thick: a quarter of the size of squares."""
    return "".join(
        f"M{start + QUIET_ZONE} {y}.5h{length}"
        for y, row in enumerate(rows, QUIET_ZONE)
        for start, length in _dark_runs(row)
    )


def _dark_runs(row: tuple[bool, ...]) -> Iterator[tuple[int, int]]:
    """(first column, length) of each run of dark modules in a row."""
    column = 0
    for dark, run in groupby(row):
        length = len(list(run))
        if dark:
            yield column, length
        column += length
