"""What a browser test does with any page: open it as a phone, note its faults, look whether all can use it."""

import os
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

import zxingcpp
from PIL import Image
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    Response,
    ViewportSize,
    expect,
)

from tests.support.waiting import PATIENCE_S

expect.set_options(timeout=PATIENCE_S * 1000)
# Empty: no Chromium of the system, so Playwright's own.
CHROMIUM = os.environ.get("MOT_CHAM_CHROMIUM", "/usr/bin/chromium") or None
# The same browser without windows of its own stands beside it in Debian, and is what Playwright takes of its own.
WINDOWLESS = CHROMIUM and next((shell for shell in [f"{CHROMIUM}-headless-shell"] if Path(shell).exists()), CHROMIUM)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
LOCALES = {"vi": "vi-VN", "en": "en-GB"}
AXE = Path("node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
_AXE_FINDINGS = """() => axe.run({resultTypes: ["violations"]}).then(({violations}) =>
  violations.map(({id, nodes}) => `${id}: ${nodes.map(({html}) => html.slice(0, 80)).join(" | ")}`))"""
# What a person with a keyboard comes to: notes each stop of the tabulator, and that the stop can be seen.
_NOTE_STOPS = """() => {
  const name = (one) => one.id || one.name || one.textContent.trim().slice(0, 30) || one.tagName;
  const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
    .filter((one) => !one.disabled && one.checkVisibility({visibilityProperty: true}));
  // The tabulator stops once at a group of radio buttons.
  const groups = new Set();
  window.toReach = all.filter((one) => {
    if (one.type !== "radio") return true;
    return !groups.has(one.name) && groups.add(one.name);
  });
  // The tabulator begins at the top, not at what was tapped last.
  if (window.noting) window.noting.abort();
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute("tabindex");
  window.noting = new AbortController();
  window.reached = new Set();
  window.unseen = [];
  document.addEventListener("focusin", ({target}) => {
    window.reached.add(target.type === "radio" ? target.name : target);
    const {outlineStyle, outlineWidth} = getComputedStyle(target);
    if (outlineStyle === "none" || outlineWidth === "0px") window.unseen.push("no outline: " + name(target));
  }, {signal: window.noting.signal});
  // A date has a stop for day, month, year and its calendar.
  return window.toReach.length + 3 * document.querySelectorAll("input[type=date]").length;
}"""
_MISSED_STOPS = """() => {
  const name = (one) => one.id || one.name || one.textContent.trim().slice(0, 30) || one.tagName;
  const missed = window.toReach.filter((one) => !window.reached.has(one.type === "radio" ? one.name : one));
  return [...window.unseen, ...missed.map((one) => "not reached: " + name(one))];
}"""


async def launch(playwright: Playwright, *more: str) -> Browser:
    return await playwright.chromium.launch(executable_path=WINDOWLESS, args=[*ARGUMENTS, *more])


async def launch_with_memory(playwright: Playwright) -> Browser:
    """With the memory that shows a left page again as it was, which only the browser with windows has."""
    return await playwright.chromium.launch(
        executable_path=CHROMIUM,
        channel=None if CHROMIUM else "chromium",
        args=[*ARGUMENTS],
        ignore_default_args=["--disable-back-forward-cache"],
    )


async def phone_of(browser: Browser, language: str = "vi", width: int = 360, height: int = 740) -> BrowserContext:
    """A phone nobody has used yet, in the language of its owner, who wants nothing to move: drawing costs the most."""
    viewport: ViewportSize = {"width": width, "height": height}
    return patient(await browser.new_context(viewport=viewport, locale=LOCALES[language], reduced_motion="reduce"))


# A page also looks by itself every half minute; without that, what it shows in time it was told by its stream.
_NO_SLOW_LOOKS = """
const plain = window.setInterval;
window.setInterval = (work, every, ...more) => every >= 10_000 ? 0 : plain(work, every, ...more);
"""


async def only_told(page: Page) -> None:
    """Loads the page again as one that learns of news by its stream alone, however slow the machine."""
    await page.context.add_init_script(_NO_SLOW_LOOKS)
    await page.reload()


def patient(context: BrowserContext) -> BrowserContext:
    """Its pages wait as long for anything as all tests do; what must come sooner says so at its place."""
    context.set_default_timeout(PATIENCE_S * 1000)
    return context


def watch(page: Page, origin: str) -> list[str]:
    """What a page must not do: say an error, throw, miss a part of itself, ask another origin; fills as it happens."""
    faults: list[str] = []

    def on_said(said: ConsoleMessage) -> None:
        # A refused page is an answer like others; a part that is missing is noted below, with its address.
        if said.type == "error" and not said.text.startswith("Failed to load resource"):
            faults.append(said.text)

    def on_asked(asked: Request) -> None:
        if not asked.url.startswith((f"{origin}/", "data:", "blob:")):
            faults.append(asked.url)

    def on_answered(answer: Response) -> None:
        if answer.status >= 400 and answer.request.resource_type != "document":
            faults.append(f"{answer.status} {answer.url}")

    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", on_said)
    page.on("request", on_asked)
    page.on("response", on_answered)
    return faults


async def axe_findings(page: Page) -> list[str]:
    # The page keeps it until it is left: to send and read its 650 kB takes as long as to look at the page with it.
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(AXE)
    found: list[str] = await page.evaluate(_AXE_FINDINGS)
    return found


async def shortcomings(page: Page) -> list[str]:
    """What keeps somebody from using the page: found by axe, or wider than the screen."""
    found = await axe_findings(page)
    if await page.evaluate("() => document.documentElement.scrollWidth > innerWidth"):
        found.append("scrolls sideways")
    return found


async def lost_to_the_keyboard(page: Page) -> list[str]:
    """What the tabulator does not come to from the top of the page, or where one cannot see that it came."""
    for _ in range(await page.evaluate(_NOTE_STOPS)):
        await page.keyboard.press("Tab")
    missed: list[str] = await page.evaluate(_MISSED_STOPS)
    return missed


async def expect_accessible(page: Page) -> None:
    """No violation that axe-core finds, and nothing wider than the screen."""
    assert await shortcomings(page) == []


async def read_qr(page: Page, selector: str) -> str:
    """What the camera of another phone would read off the screen."""
    found = zxingcpp.read_barcode(Image.open(BytesIO(await page.locator(selector).screenshot())))
    assert found is not None
    return found.text


async def keep_picture(page: Page, name: str) -> None:
    """A screenshot for a person to look at, where the environment names a folder."""
    if folder := os.environ.get("MOT_CHAM_PICTURES"):
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def listed(faults: Iterable[str], place: str) -> list[str]:
    return [f"{place}: {fault}" for fault in faults]
