"""Pictures of codes: a scanner that is not ours reads back what we drew."""

import re
from io import BytesIO
from typing import cast
from xml.etree import ElementTree as ET

import pytest
import zxingcpp
from PIL import Image, ImageDraw, ImageOps

from services.ticketing.codes import picture as qr_image
from shared.qr import images as qr

TICKET = "HG1." + "W50/80I2E7WFJ$F+MJJQ1 1".ljust(138, "A")
VIETQR = (
    "00020101021238570010A00000072701270006970403011300110123456780208QRIBFTTA"
    "530370454061800005802VN62340107NPS68690819thanh toan don hang63042E2E"
)
PIXELS = 6


def drawn(svg: str) -> Image.Image:
    """The pixels of the picture, by the rules of SVG for the two paths that we write."""
    root = ET.fromstring(svg)
    left, top, width, height = (int(number) for number in root.attrib["viewBox"].split())
    assert (left, top) == (0, 0)
    image = Image.new("L", (width * PIXELS, height * PIXELS), 128)
    draw = ImageDraw.Draw(image)
    background, modules = root
    assert background.attrib == {"fill": "#fff", "d": f"M0 0h{width}v{height}H0z"}
    draw.rectangle((0, 0, width * PIXELS, height * PIXELS), fill=255)
    assert modules.attrib["stroke"] == "#000"
    assert re.fullmatch(r"(M\d+ \d+\.5h\d+)+", modules.attrib["d"])
    for x, y, length in re.findall(r"M(\d+) (\d+)\.5h(\d+)", modules.attrib["d"]):
        corner = int(x) * PIXELS, int(y) * PIXELS
        end = (int(x) + int(length)) * PIXELS - 1, (int(y) + 1) * PIXELS - 1
        draw.rectangle((corner, end), fill=0)
    return image


def read(image: Image.Image) -> zxingcpp.Barcode:
    (barcode,) = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode]))
    return barcode


def form_of(barcode: zxingcpp.Barcode) -> tuple[str, str]:
    """Version and error correction, as the scanner saw them."""
    extra = cast(dict[str, str], barcode.extra)
    return extra["Version"], extra["ECLevel"]


def size_of(svg: str) -> int:
    """Modules on a side, without the quiet zone."""
    return int(ET.fromstring(svg).attrib["viewBox"].split()[2]) - 2 * qr.QUIET_ZONE


def test_a_ticket_on_a_screen_is_version_7_with_medium_correction() -> None:
    barcode = read(drawn(qr_image.svg(TICKET)))
    assert barcode.text == TICKET
    assert form_of(barcode) == ("7", "M")


def test_a_ticket_on_paper_is_version_8_with_quartile_correction() -> None:
    barcode = read(drawn(qr_image.svg(TICKET, paper=True)))
    assert barcode.text == TICKET
    assert form_of(barcode) == ("8", "Q")


def test_a_ticket_to_save_is_a_png_that_reads_back() -> None:
    image = Image.open(BytesIO(qr_image.png(TICKET, scale=5)))
    assert image.format == "PNG"
    assert image.size == ((45 + 8) * 5, (45 + 8) * 5)
    barcode = read(image)
    assert (barcode.text, form_of(barcode)) == (TICKET, ("7", "M"))


@pytest.mark.parametrize("text", [VIETQR, "https://localhost:8080/pair#4K7P-2M9A-BX", "1" * 60, "Cổng chính", "a\nb"])
@pytest.mark.parametrize("level", ["L", "M", "Q", "H"])
def test_any_text_reads_back_from_svg_and_png(text: str, level: qr.Level) -> None:
    barcode = read(drawn(qr.svg_for(text, level)))
    assert (barcode.text, form_of(barcode)[1]) == (text, level)
    assert read(Image.open(BytesIO(qr.png_for(text, 4, level)))).text == text


def test_a_code_grows_beyond_its_least_version_when_the_text_needs_it() -> None:
    assert size_of(qr.svg_for("A", "M", 3)) == 29
    assert size_of(qr.svg_for("A" * 1000, "M", 3)) > 29


def test_the_quiet_zone_is_four_white_modules_on_each_side() -> None:
    image = drawn(qr.svg_for("A"))
    inner = ImageOps.invert(image).getbbox()
    side, edge = image.size[0], qr.QUIET_ZONE * PIXELS
    assert inner == (edge, edge, side - edge, side - edge)


def test_a_strict_content_security_policy_finds_nothing_to_refuse() -> None:
    svg = qr_image.svg(TICKET, label='Mã vé "4K7P" <b>&')
    for element in ET.fromstring(svg).iter():
        assert not {name for name in element.attrib if name == "style" or name.startswith("on")}
        assert element.tag.split("}")[1] in {"svg", "path"}
    assert "style" not in svg


def test_a_picture_has_a_name_for_screen_readers_or_is_hidden_from_them() -> None:
    named = ET.fromstring(qr.svg_for("A", label='Mã vé "4K7P" <b>&'))
    assert (named.attrib["role"], named.attrib["aria-label"]) == ("img", 'Mã vé "4K7P" <b>&')
    assert ET.fromstring(qr.svg_for("A")).attrib["aria-hidden"] == "true"


def test_a_text_that_fits_no_qr_is_an_error() -> None:
    with pytest.raises(qr.TooLongForQr):
        qr.svg_for("x" * 3000)
    with pytest.raises(qr.TooLongForQr):
        qr.png_for("0" * 8000)
