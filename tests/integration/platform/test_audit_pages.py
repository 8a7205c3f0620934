"""Operators read in words what was done in every service: in payments and analytics, what commands did to messages."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from playwright.async_api import Route, async_playwright

from shared.clock import local_date, utc_now
from shared.kafka.dead_letters import DeadLetterBox
from shared.keys.files import Keys
from shared.passes.auth import Role
from shared.process.service import Service
from shared.unit import audit
from shared.unit.dead_letters import DeadLetter, insert
from shared.web.audit import PLACES
from shared.web.i18n import LANGUAGES, Language
from tests.support.audit_desk import BUILDS, NOBODY, Desk, open_desk
from tests.support.cluster import Cluster
from tests.support.screens import keep_picture, launch, lost_to_the_keyboard, shortcomings
from tests.support.texts import translate


@pytest.fixture(params=BUILDS)
async def desk(
    request: pytest.FixtureRequest, cluster: Cluster, tmp_path: Path, pass_keys: Keys
) -> AsyncIterator[Desk]:
    async with open_desk(str(request.param), cluster, tmp_path, pass_keys) as opened:
        yield opened


async def settle_one(service: Service) -> None:
    """As an operator's command does with a message that was put aside."""
    letter = DeadLetter(
        topic="payments.events",
        partition=1,
        log_offset=42,
        content=b"\0" * 16,
        at=utc_now(),
        ce_id="lost",
        type="payments.cash_recorded.v1",
        reason="broken_contract",
        detail="",
        last_digits=None,
        amount_vnd=None,
        key=None,
        headers=None,
        payload=None,
    )
    async with service.unit.pool.acquire() as connection:
        await insert(connection, [letter])
    box: DeadLetterBox = service.dead_letters
    assert await box.settle(await box.find("lost"), "a <b>test</b>") == ["done"]


async def test_what_a_command_did_is_read_in_words_of_both_languages(desk: Desk) -> None:
    await settle_one(desk.service)
    assert await desk.lines() == [
        "Dead letter settled When Who A command on the server What payments.events/1/42 Reason a <b>test</b>"
    ]
    for language in LANGUAGES:
        [line] = await desk.lines(language=language)
        assert line.startswith(translate("audit.action.dead_letter_settled", language))
        assert translate("audit.by.command", language) in line
    page = await desk.get()
    assert f'href="{PLACES[desk.service.name]}" aria-current="page"' in page.text
    assert all(f'href="{place}"' in page.text for place in PLACES.values()), "one leads to the others"


async def test_it_is_chosen_by_kind_and_day_and_read_page_by_page(desk: Desk) -> None:
    earlier = utc_now() - timedelta(days=2)
    async with desk.service.unit.pool.acquire() as connection:
        for number in range(audit.PAGE + 1):
            await audit.note(connection, utc_now(), None, "consumer_resumed", f"topic/{number}/0", reason="well again")
        await audit.note(connection, earlier, NOBODY, "consumer_passed_over", "topic/0/7")
    first = await desk.lines("?action=consumer_resumed")
    assert len(first) == audit.PAGE
    assert first[0].endswith(f"What topic/{audit.PAGE}/0 Reason well again")
    older = re.search(r'rel="next" href="([^"]+)"', (await desk.get("?action=consumer_resumed")).text)
    assert older
    rest = await desk.lines(unescape(older.group(1)).removeprefix(PLACES[desk.service.name]))
    assert len(rest) == 1
    assert "topic/0/0" in rest[0]
    [before] = await desk.lines(f"?day={local_date(earlier)}")
    assert before == f"Message passed over When Who {translate('audit.by.person', 'en')} What topic/0/7"
    assert f'href="/manage#person-{NOBODY}"' in (await desk.get()).text, "people have names where they are managed"
    long_ago = f"?day={local_date(earlier) - timedelta(days=9)}"
    nothing = await desk.get(long_ago)
    assert translate("audit.nothing_chosen", "en") in nothing.text
    assert long_ago in nothing.text.partition("</nav>")[2], "the others show the same day"


@pytest.mark.parametrize("role", [Role.MANAGER, Role.PROVINCE])
async def test_it_is_read_by_operators_alone(desk: Desk, role: Role) -> None:
    assert (await desk.get(role=role)).status_code == 403


@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES)
async def test_everybody_can_use_the_page(desk: Desk, language: Language) -> None:
    await settle_one(desk.service)

    async def answer(route: Route) -> None:
        _, _, asked = route.request.url.partition("https://desk")
        is_page = asked.startswith(PLACES[desk.service.name])
        query = asked.removeprefix(PLACES[desk.service.name])
        found = await (desk.get(query, language=language) if is_page else desk.client.get(asked))
        await route.fulfill(status=found.status_code, headers=dict(found.headers), body=found.content)

    async with async_playwright() as playwright:
        browser = await launch(playwright)
        page = await browser.new_page(viewport={"width": 320, "height": 740})
        await page.route("**/*", answer)
        for query, name in (("", "lines"), ("?day=2020-02-29", "nothing")):
            await page.goto(f"https://desk{PLACES[desk.service.name]}{query}")
            await keep_picture(page, f"audit-{desk.service.name}-{name}-{language}")
            assert await shortcomings(page) == []
            assert await lost_to_the_keyboard(page) == []
        await browser.close()
