"""Draws the sign of Một Chạm as the icons that browsers and phones want: `python -m deploy.tools.icons`.

The results are kept in shared/web/static; run it again only when the sign changes.
"""

from pathlib import Path

from PIL import Image, ImageDraw

STATIC = Path(__file__).resolve().parents[2] / "shared" / "web" / "static"
GREEN, PEAK, GOLD = "#17524a", "#9bd8be", "#f2b84b"
_FINER = 8

# In a square of 32, as in favicon.svg: karst peaks over one terrace.
_PEAKS = ((2, 25), (10, 9), (15, 17), (20, 6), (30, 25))
_TERRACE = ((5, 28), (27, 30))


def main() -> None:
    """Write favicon.ico and the icons of the web app manifests."""
    sizes = (16, 32, 48)
    icons = [draw(size) for size in sizes]
    icons[-1].save(STATIC / "favicon.ico", append_images=icons[:-1], sizes=[(size, size) for size in sizes])
    folder = STATIC / "icons"
    folder.mkdir(exist_ok=True)
    for size in (192, 512):
        draw(size).save(folder / f"icon-{size}.png", optimize=True)
    # A phone cuts this one to its own shape, so the sign keeps inside the middle four fifths.
    draw(512, margin=0.14, is_round=False).save(folder / "icon-maskable.png", optimize=True)


def draw(size: int, *, margin: float = 0.0, is_round: bool = True) -> Image.Image:
    """The sign, size pixels wide; margin is the part of the width left empty on each side."""
    side = size * _FINER
    image = Image.new("RGBA", (side, side))
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((0, 0, side - 1, side - 1), radius=side * 6 // 32 if is_round else 0, fill=GREEN)

    def at(point: tuple[int, int]) -> tuple[float, float]:
        scale = side * (1 - 2 * margin) / 32
        return side * margin + point[0] * scale, side * margin + point[1] * scale

    pen.polygon([at(point) for point in _PEAKS], fill=PEAK)
    left_top, right_bottom = map(at, _TERRACE)
    pen.rounded_rectangle((*left_top, *right_bottom), radius=(right_bottom[1] - left_top[1]) / 2, fill=GOLD)
    return image.reduce(_FINER)


if __name__ == "__main__":
    main()
