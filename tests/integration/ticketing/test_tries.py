"""Guessing at secrets: few tries for who guesses, and nobody else is shut out by them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from markupsafe import escape

from services.ticketing.people.usecases.passwords import Busy, Queue
from services.ticketing.people.usecases.tries import TRIES_A_DAY
from shared.passes.auth import OWNER
from shared.seed.rows import Person
from shared.web.i18n import Language
from tests.support.cluster import Cluster
from tests.support.doors_house import (
    HOST,
    MANAGER,
    OPERATOR,
    OTHER_MANAGER,
    House,
    open_house,
    paired,
    post,
    sign_in_with,
)
from tests.support.texts import translate


@pytest.fixture
async def house(cluster: Cluster) -> AsyncIterator[House]:
    async with open_house(cluster) as opened:
        yield opened


async def wrong_tries(browser: httpx.AsyncClient, login: str, count: int) -> list[int]:
    return [(await sign_in_with(browser, login, f"wrong-{n}")).status_code for n in range(count)]


async def pins(phone: httpx.AsyncClient, person: Person, *typed: str) -> list[int]:
    return [
        (await phone.post("/sign-in/owner", data={"person_id": str(person.person_id), "pin": pin})).status_code
        for pin in typed
    ]


async def test_a_stranger_who_guesses_shuts_out_the_own_address_alone(house: House) -> None:
    stranger, manager = house.browser("198.51.100.1"), house.browser("198.51.100.2")
    assert await wrong_tries(stranger, MANAGER.login, 6) == [401] * 5 + [429]
    assert (await sign_in_with(stranger, MANAGER.login, MANAGER.password)).status_code == 429
    assert (await sign_in_with(manager, MANAGER.login, MANAGER.password)).status_code == 303


async def test_a_house_with_many_ipv6_addresses_counts_as_one(house: House) -> None:
    browsers = [house.browser(f"2001:db8:1:2::{n:x}") for n in range(1, 7)]
    assert [(await wrong_tries(one, MANAGER.login, 1))[0] for one in browsers] == [401] * 5 + [429]


async def test_many_strangers_together_get_fifty_tries_a_day_and_known_browsers_come_in_still(house: House) -> None:
    known = await house.office(MANAGER)
    codes = [(await wrong_tries(house.browser(f"198.51.100.{n}"), MANAGER.login, 1))[0] for n in range(TRIES_A_DAY + 1)]
    assert codes == [401] * (TRIES_A_DAY - 1) + [429] * 2
    assert (await sign_in_with(house.browser(), MANAGER.login, MANAGER.password)).status_code == 429
    await known.post("/sign-out", data={"door": "office"})
    assert (await sign_in_with(known, MANAGER.login, MANAGER.password)).status_code == 303
    assert (await sign_in_with(known, OTHER_MANAGER.login, OTHER_MANAGER.password)).status_code == 303
    house.now[0] += timedelta(days=1)
    assert (await sign_in_with(house.browser(), MANAGER.login, MANAGER.password)).status_code == 303


async def test_a_known_browser_is_counted_too_and_known_for_its_own_logins_alone(house: House) -> None:
    known, stranger = await house.office(MANAGER), house.browser()
    [cookie] = [name for name in known.cookies if name.startswith("__Host-known-")]
    assert await wrong_tries(known, MANAGER.login, 6) == [401] * 5 + [429]
    stranger.cookies.set(cookie, f"{uuid4()}.{known.cookies[cookie].partition('.')[2]}")
    assert await wrong_tries(stranger, MANAGER.login, 6) == [401] * 5 + [429], "a forged cookie makes no browser known"
    assert (await sign_in_with(house.browser("198.51.100.9"), MANAGER.login, MANAGER.password)).status_code == 303


async def test_a_new_secret_from_the_desk_lets_a_person_in_at_once(house: House) -> None:
    desk, manager = await house.office(OPERATOR), house.browser()
    assert (await wrong_tries(manager, MANAGER.login, 6))[-1] == 429
    await post(desk, f"/manage/people/{MANAGER.person_id}/secrets", password="quite-another-password")
    assert (await sign_in_with(manager, MANAGER.login, "quite-another-password")).status_code == 303


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_the_page_says_how_many_tries_are_left_and_how_long_to_wait(house: House, language: Language) -> None:
    for login in (MANAGER.login, "nobody-here"):
        browser = house.browser()
        browser.headers["accept-language"] = language
        pages = [await sign_in_with(browser, login, "wrong") for _ in range(6)]
        for tries, page in zip((4, 3, 2, 1, 0), pages[:5], strict=True):
            assert escape(translate("signin.tries_left", language, tries=tries)) in page.text
        assert escape(translate("signin.wait", language, minutes=15)) in pages[5].text
        assert pages[5].headers["retry-after"] == "900"


async def test_wrong_pins_lock_one_person_on_one_phone_for_a_growing_time(house: House) -> None:
    desk = await house.office(OPERATOR)
    phone, other = [await paired(house, desk, f"owner:{HOST.person_id}") for _ in range(2)]
    wrong = "999998"
    assert await pins(phone, HOST, *[wrong] * 6) == [401] * 5 + [429]
    assert await pins(other, HOST, HOST.pin) == [303]
    house.now[0] += timedelta(minutes=1)
    assert await pins(phone, HOST, *[wrong] * 4) == [401] * 3 + [429]
    house.now[0] += timedelta(minutes=1)
    assert await pins(phone, HOST, HOST.pin) == [429], "the second wait is longer"
    house.now[0] += timedelta(minutes=4)
    assert await pins(phone, HOST, HOST.pin) == [303]


async def test_a_phone_cannot_shut_out_an_owner_of_another_house(house: House) -> None:
    desk = await house.office(OPERATOR)
    phone = await paired(house, desk, f"owner:{HOST.person_id}")
    assert await pins(phone, MANAGER, *["483920"] * 8) == [401] * 8
    counted = await house.pool.fetchval("SELECT count(*) FROM attempts WHERE subject LIKE 'pin:%'")
    assert counted == 0
    assert await pins(phone, HOST, HOST.pin) == [303]
    assert OWNER in phone.cookies


async def test_failed_sign_ins_are_in_the_audit_with_where_they_came_from(house: House) -> None:
    stranger = house.browser("198.51.100.77")
    await wrong_tries(stranger, MANAGER.login, 1)
    await wrong_tries(stranger, "my-password-typed-here", 1)
    rows = await house.pool.fetch("SELECT actor_id, action, subject, detail FROM audit ORDER BY id")
    assert [(row["actor_id"], row["action"]) for row in rows] == [(None, "sign_in_failed")] * 2
    assert rows[0]["subject"] == f"person:{MANAGER.person_id}"
    assert rows[1]["subject"].startswith("login:")
    assert "typed" not in rows[1]["subject"]
    assert all('"198.51.100.0/24"' in row["detail"] for row in rows)


async def test_known_and_unknown_logins_get_the_same_looks_before_and_beyond_their_tries(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = list[int]()
    turn = Queue.turn

    async def counted(self: Queue, *args: object) -> object:
        looks.append(1)
        return await turn(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(Queue, "turn", counted)
    for login in (MANAGER.login, "nobody-here"):
        looks.clear()
        await wrong_tries(house.browser(), login, 8)
        assert len(looks) == 5
    looks.clear()
    await asyncio.gather(*(wrong_tries(house.browser(f"192.0.2.{n}"), f"made-up-{n}", 3) for n in range(11)))
    assert len(looks) == 33, "also after many logins that nobody has"


def test_one_address_never_fills_the_line() -> None:
    line = Queue(places=24)
    with ExitStack() as held:
        for _ in range(12):
            held.enter_context(line.place("crowd"))
        with pytest.raises(Busy), line.place("crowd"):
            pass
        for address in ("second", "third", "fourth"):
            held.enter_context(line.place(address))
    assert line.taken == 0
