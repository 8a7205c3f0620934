"""What the scanner tells staff to do: one thing at a time, and no more than it knows."""

import re

import pytest
from playwright.async_api import Page, expect

from services.ticketing.codes.short_code import draw
from services.ticketing.people.domain import Person, hash_pin
from services.ticketing.people.store import insert_person
from shared.clock import utc_now
from shared.ids import PersonId, uuid7
from tests.support.gate_site import Site, admissions_of, expect_all_sent, expect_result, show
from tests.support.scope import drawn
from tests.support.screens import expect_accessible, keep_picture

pytestmark = pytest.mark.browser
PALACE = "nha-vuong-sa-phin"


async def type_code(page: Page, code: str) -> None:
    await page.click("[data-go=type]")
    await page.fill("#short-code", code)
    await page.press("#short-code", "Enter")


async def shift_clock(page: Page, minutes: int) -> None:
    """From the next page on, the phone's clock is so many minutes ahead of everybody's."""
    await page.context.add_init_script(f"""
      const Real = Date, ahead = {minutes} * 60000;
      window.Date = class extends Real {{
        constructor(...parts) {{ parts.length ? super(...parts) : super(Real.now() + ahead); }}
        static now() {{ return Real.now() + ahead; }}
      }};
    """)


async def test_a_code_that_is_not_listed_says_as_of_when_and_what_to_do(site: Site) -> None:
    page = await site.phone("East gate")
    unknown = draw()
    lines = page.locator("#result-lines p")
    await type_code(page, unknown)
    await expect_result(page, "amber", "CODE NOT KNOWN")
    await expect(lines).to_have_text([
        re.compile(r"^Not among the tickets of Lung Cu National Flag Tower as of \d\d:\d\d\.$"),
        "It may be for another venue, for another day, or sold since.",
        "Scan the ticket's QR instead.",
    ])  # fmt: skip
    await keep_picture(page, "gate-not-listed")
    await page.click("#result-hint")
    site.server.stop()
    await expect(page.locator("#line")).to_contain_text("Offline")
    await type_code(page, unknown)
    await expect_result(page, "amber", "CODE NOT KNOWN")
    await expect(lines.last).to_have_text("Scan the ticket's QR instead, or go online and type it again.")
    await expect_accessible(page)


@pytest.mark.parametrize(
    ("fault", "said"),
    drawn(
        [
            ("NotAllowedError", "The browser blocks the camera."),
            ("NotFoundError", "No camera was found on this phone."),
            ("NotReadableError", "Another app holds the camera."),
        ]
    ),
)
async def test_a_camera_that_fails_says_why_and_leads_to_the_typed_code_with_nothing_beside(
    site: Site, fault: str, said: str
) -> None:
    [ticket] = await site.venue.issue()
    page = await site.phone("East gate")
    await page.context.add_init_script(
        f"navigator.mediaDevices.getUserMedia = async () => {{ throw new DOMException('', '{fault}'); }};"
    )
    await page.reload()
    await expect(page.locator("#camera-state")).to_contain_text(said)
    await expect(page.locator("#scan-hint")).to_be_hidden()
    await expect(page.locator("#viewfinder")).to_be_hidden()
    await expect(page.locator("#type-code")).to_have_class(re.compile("primary"))
    await expect_accessible(page)
    await keep_picture(page, f"gate-camera-{fault}")
    await type_code(page, ticket.short_code)
    await expect_result(page, "green", "VALID")


async def test_a_camera_taken_by_another_app_is_looked_through_again_when_staff_come_back(site: Site) -> None:
    page = await site.phone("East gate")
    await expect(page.locator("#scan-hint")).to_be_visible()
    await page.evaluate("""() => {
      const [track] = document.getElementById("video").srcObject.getVideoTracks();
      track.dispatchEvent(new Event("ended"));
    }""")
    await expect(page.locator("#camera-state")).to_contain_text("Another app holds the camera.")
    await page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    await expect(page.locator("#camera-state")).to_be_hidden()
    await expect(page.locator("#scan-hint")).to_be_visible()


@pytest.mark.parametrize(
    ("minutes", "said"),
    drawn([(3 * 24 * 60, "4320 minutes fast"), (-2 * 24 * 60, "2880 minutes slow"), (10, "10 minutes fast")]),
)
async def test_a_wrong_clock_is_told_and_the_ticket_judged_by_the_servers(site: Site, minutes: int, said: str) -> None:
    first, second = await site.venue.issue(people=2)
    page = await site.page(await site.venue.pair("East gate"))
    await shift_clock(page, minutes)
    await site.sign_in(page)
    banner = page.locator("#clock-warning")
    await expect(banner).to_have_text(f"This phone's clock is {said}. Set it to automatic.")
    await expect_accessible(page)
    await keep_picture(page, "gate-clock")
    await show(page, first.code)
    await expect_result(page, "green", "VALID")
    await expect_all_sent(page)
    assert await site.venue.pool.fetchval("SELECT abs(extract(epoch FROM now() - occurred_at)) < 60 FROM admissions")
    await expect(page.locator("#result")).to_be_hidden(timeout=4000)
    await page.click("[data-go=last]")
    await expect(page.locator("#last-list button")).to_have_text("Undo")
    await page.click("#screen-last [data-go=scan]")
    await page.click("[data-go=sync]")
    await page.wait_for_selector("#readiness li:has-text('Works without network')")
    await page.click("#screen-sync [data-go=scan]")
    site.server.stop()
    await page.reload()
    await expect(banner).to_contain_text(said)
    await show(page, second.code)
    await expect_result(page, "green", "VALID")
    site.server.start()
    await expect_all_sent(page)
    assert await admissions_of(site, second) == ["admitted"]


async def test_what_it_tells_fits_a_narrow_phone_in_vietnamese_too(site: Site) -> None:
    page = await site.page(await site.venue.pair("Cổng Đông"))
    await shift_clock(page, -10)
    await page.context.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotAllowedError'); };"
    )
    await site.sign_in(page)
    await page.goto(f"{site.server.origin}/gate?lang=vi")
    await expect(page.locator("#camera-state")).to_contain_text("Máy ảnh bị chặn")
    await expect(page.locator("#clock-warning")).to_contain_text("chậm 10 phút")
    await expect_accessible(page)
    await keep_picture(page, "gate-warnings-vi")
    await type_code(page, draw())
    await expect(page.locator("#result-lines")).to_contain_text("Không có trong danh sách vé của Cột cờ")
    await expect_accessible(page)
    await keep_picture(page, "gate-not-listed-vi")


async def test_a_clock_a_minute_off_is_nobodys_business(site: Site) -> None:
    page = await site.page(await site.venue.pair("East gate"))
    await shift_clock(page, 1)
    await site.sign_in(page)
    await expect(page.locator("#line")).to_have_text("Online")
    await expect(page.locator("#clock-warning")).to_be_hidden()


@pytest.mark.parametrize("has_host", [True, False])
async def test_a_gate_phone_where_nobody_checks_tickets_says_what_to_do_instead(site: Site, *, has_host: bool) -> None:
    if has_host:
        pin = hash_pin("270914")
        await insert_person(
            site.venue.pool,  # type: ignore[arg-type]
            Person(
                person_id=PersonId(uuid7()),
                login="host-of-one-house",
                display_name="Host of one house",
                role="owner",
                venues=(PALACE,),
                pin_salt=pin.salt,
                pin_hash=pin.hash,
            ),
            utc_now(),
        )
    page = await site.page(await site.venue.pair("House", venues=(PALACE,)))
    await page.goto(f"{site.server.origin}/gate?lang=en")
    said = "ask the manager for a host's pairing code" if has_host else "Ask the manager to add gate staff."
    await expect(page.locator("#pin-nobody")).to_contain_text(said)
    await expect(page.locator("#pin-form")).to_be_hidden()
    await expect(page.locator("#pin-pair")).to_be_visible(visible=has_host)
    await expect_accessible(page)
    await keep_picture(page, f"gate-nobody-{has_host}")
