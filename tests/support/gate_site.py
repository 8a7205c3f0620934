"""A gate as its phones see it: browsers with a drawn camera, and a server that can go away."""

import asyncio
import os
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from playwright.async_api import Browser, ConsoleMessage, Page, Playwright, Request, expect
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

from deploy.local.process import wait_until
from services.ticketing.sales.domain.tickets import Ticket
from tests.support.forks import end, fork
from tests.support.gate import VENUE, Phone, Venue
from tests.support.screens import launch, patient
from tests.support.waiting import PATIENCE_S

PIN = "110101"
_COUNT_UNSENT = """() => new Promise((resolve, reject) => {
  const opening = indexedDB.open("mot-cham-gate", 1);
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const counting = opening.result.transaction("outbox").objectStore("outbox").count();
    counting.onsuccess = () => { opening.result.close(); resolve(counting.result); };
  };
})"""


# The camera is a canvas on which the test draws, small, because it is read all the time, and still once a second has
# passed since something changed; `buzzes` notes what a hand would feel. Sound is handed out a second at a time.
_HAND = """
window.buzzes = [];
navigator.vibrate = (pattern) => window.buzzes.push(JSON.stringify(pattern));
const Sound = window.AudioContext;
window.AudioContext = class extends Sound {
  constructor() {
    super({ latencyHint: 1 });
    window.sound = this;
  }
};
const canvas = document.createElement("canvas");
canvas.width = canvas.height = 180;
let pictures = 0;
window.showCode = (rows) => {
  pictures = 10;
  const context = canvas.getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, 180, 180);
  context.fillStyle = "black";
  const size = Math.floor(160 / Math.max(1, rows.length));
  rows.forEach((row, y) => [...row].forEach((cell, x) => {
    if (cell === "1") context.fillRect(10 + x * size, 10 + y * size, size, size);
  }));
};
window.showCode([]);
setInterval(() => pictures-- > 0 && canvas.getContext("2d").fillRect(0, 0, 1, 1), 100);
navigator.mediaDevices.getUserMedia = async () => { pictures = 10; return canvas.captureStream(10); };
"""


@dataclass(slots=True)
class GateServer:
    """The service on a port of its own. `stop` is a server that is gone, `start` one that is back."""

    environment: Mapping[str, str]
    port: int
    process: ForkServerProcess | None = None

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self) -> None:
        environment = {**os.environ, **self.environment, "TICKETING_PORT": str(self.port)}
        process = self.process = fork("services.ticketing", "run", env=environment)
        wait_until(lambda: not process.is_alive() or self._answers(), PATIENCE_S, "the service answers")
        assert process.is_alive(), "the service ended by itself"

    def stop(self) -> None:
        if self.process is not None:
            end(self.process)
            self.process = None

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.origin}/health/live", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@dataclass  # without slots, because playwright marks the object whose methods listen
class Site:
    venue: Venue
    server: GateServer
    browser: Browser
    playwright: Playwright
    faults: list[str] = field(default_factory=list[str])

    async def phone(self, name: str, venues: tuple[str, ...] = (VENUE,)) -> Page:
        """A paired phone whose member of staff has entered the PIN; it works without network from here on."""
        page = await self.page(await self.venue.pair(name, venues=venues))
        await self.sign_in(page)
        await page.click("[data-go=sync]")
        await page.wait_for_selector("#readiness li:has-text('Works without network')")
        await page.click("#screen-sync [data-go=scan]")
        return page

    async def sign_in(self, page: Page) -> None:
        await page.goto(f"{self.server.origin}/gate?lang=en")
        await page.locator("#people button").first.click()
        await page.fill("#pin", PIN)
        await page.click("#pin-form button")
        await page.wait_for_selector("#screen-scan:not([hidden])")

    async def page(self, phone: Phone | None, browser: Browser | None = None) -> Page:
        """A page of its own phone. In another browser, with that one's camera; else with the test's canvas as one."""
        context = patient(
            await (browser or self.browser).new_context(viewport={"width": 320, "height": 640}, reduced_motion="reduce")
        )
        if browser is None:
            await context.add_init_script(_HAND)
        if phone is not None:
            for name, value in phone.cookies.items():
                await context.add_cookies([{
                    "name": name, "value": value, "domain": "localhost", "path": "/", "secure": True, "httpOnly": True,
                }])  # fmt: skip
        page = await context.new_page()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", self._note_violation)
        context.on("request", self._note_stranger)
        return page

    def _note_violation(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.faults.append(message.text)

    def _note_stranger(self, request: Request) -> None:
        if not request.url.startswith((f"{self.server.origin}/", "data:", "blob:")):
            self.faults.append(request.url)


async def show(page: Page, code: str) -> None:
    """Holds a QR code into the phone's camera."""
    rows = ["".join("1" if cell else "0" for cell in row) for row in matrix_of(code)]
    await page.evaluate("rows => window.showCode(rows)", rows)


def matrix_of(code: str) -> list[list[bool]]:
    qr = QRCode(version=7, error_correction=ERROR_CORRECT_M, border=4)
    qr.add_data(code)
    qr.make(fit=True)
    return [[bool(cell) for cell in row] for row in qr.get_matrix()]


def film_of(code: str, file: Path) -> Path:
    """A film in which somebody holds the code into the camera: 640 x 480, for Chromium's fake device."""
    matrix, size = matrix_of(code), 8
    left, top = (640 - len(matrix) * size) // 2, (480 - len(matrix) * size) // 2
    grey = bytearray(b"\xeb" * 640 * 480)
    for y, row in enumerate(matrix):
        for x, cell in enumerate(row):
            for line in range(size if cell else 0):
                start = (top + y * size + line) * 640 + left + x * size
                grey[start : start + size] = b"\x10" * size
    frame = b"FRAME\n" + bytes(grey) + b"\x80" * (640 * 480 // 2)
    file.write_bytes(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420\n" + frame * 5)
    return file


async def browser_with_camera(playwright: Playwright, film: Path) -> Browser:
    camera = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    return await launch(playwright, *camera, f"--use-file-for-fake-video-capture={film}")


async def take_away(page: Page) -> None:
    await page.evaluate("() => window.showCode([])")


async def admissions_of(site: Site, ticket: Ticket) -> list[str]:
    rows = await site.venue.pool.fetch(
        "SELECT verdict FROM admissions WHERE ticket_id = $1 ORDER BY occurred_at", ticket.ticket_id
    )
    return [row["verdict"] for row in rows]


async def expect_result(page: Page, colour: str, word: str) -> None:
    await expect(page.locator("#result")).to_have_attribute("data-colour", colour)
    await expect(page.locator("#result-word")).to_have_text(word)
    await expect(page.locator("#result")).to_be_visible()


async def expect_all_sent(page: Page) -> None:
    """Asks the phone's memory before its screen, which right after a scan still counts as it did before."""
    async with asyncio.timeout(PATIENCE_S):
        while await page.evaluate(_COUNT_UNSENT):  # noqa: ASYNC110 - the browser has no event to wait for
            await asyncio.sleep(0.05)
    await expect(page.locator("#unsent")).to_have_text("Unsent: 0")


async def pair_anew(site: Site, page: Page, name: str, venues: tuple[str, ...]) -> None:
    """As the pairing page leaves a phone that was paired before: with another pass, and all that it remembers."""
    for cookie, value in (await site.venue.pair(name, venues=venues)).cookies.items():
        await page.context.add_cookies([{
            "name": cookie, "value": value, "domain": "localhost", "path": "/", "secure": True, "httpOnly": True,
        }])  # fmt: skip
