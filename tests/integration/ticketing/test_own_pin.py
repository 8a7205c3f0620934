"""An owner sees on the phone where they are signed in, ends it elsewhere, and changes the own PIN by the old one."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from markupsafe import escape

from services.ticketing.people.api.browser_names import name_of_browser
from services.ticketing.people.domain import is_pin
from services.ticketing.people.store import find_person
from shared.ids import PersonId
from shared.passes.auth import OFFICE, OWNER
from shared.web.i18n import Language
from tests.support.cluster import Cluster
from tests.support.doors_house import HOST, MANAGER, OPERATOR, House, open_house, paired, post, refused_soon
from tests.support.texts import translate

NEW, ACCOUNT = "739105", "/account/owner"


@pytest.fixture
async def house(cluster: Cluster) -> AsyncIterator[House]:
    async with open_house(cluster) as opened:
        yield opened


async def signed_in(house: House, count: int = 1) -> list[httpx.AsyncClient]:
    """Phones on which the host is signed in; a minute has passed since."""
    desk = await house.office(OPERATOR)
    phones = [await paired(house, desk, f"owner:{HOST.person_id}") for _ in range(count)]
    for phone in phones:
        assert (await sign_in(phone, HOST.pin)).status_code == 303
    house.now[0] += timedelta(minutes=1)
    return phones


async def sign_in(phone: httpx.AsyncClient, pin: str) -> httpx.Response:
    return await phone.post("/sign-in/owner", data={"person_id": str(HOST.person_id), "pin": pin})


async def change(phone: httpx.AsyncClient, old: str, new: str, again: str | None = None) -> httpx.Response:
    return await post(phone, f"{ACCOUNT}/pin", old=old, new=new, again=new if again is None else again)


async def opens_with(house: House, pin: str) -> bool:
    async with house.pool.acquire() as connection:
        person = await find_person(connection, PersonId(HOST.person_id))
    assert person is not None
    assert person.pin is not None
    return is_pin(pin, person.pin)


async def test_an_owner_sees_the_phones_by_name_and_signs_out_on_one_of_them(house: House) -> None:
    here, lost = await signed_in(house, 2)
    await house.pool.execute(
        "UPDATE devices SET name = 'Old Nokia' WHERE device_id = $1", house.holds(lost, OWNER).device_id
    )
    page = (await here.get(ACCOUNT)).text
    assert (page.count("Old Nokia"), page.count(str(escape(translate("account.here_phone", "en"))))) == (1, 1)
    [action] = re.findall(rf'action="({ACCOUNT}/sessions/[0-9a-f-]+/end)"', page)
    assert (await post(here, action)).headers["location"] == f"{ACCOUNT}?done=session_ended"
    assert await refused_soon(lost, ACCOUNT)
    page = (await here.get(f"{ACCOUNT}?done=session_ended")).text
    assert "Old Nokia" not in page
    assert f"{ACCOUNT}/sessions/end-others" not in page, "there is no other to end"


async def test_a_new_pin_signs_an_owner_out_everywhere_but_here(house: House) -> None:
    here, other = await signed_in(house, 2)
    kept = house.holds(here, OWNER).session_id
    assert (await change(here, HOST.pin, NEW)).headers["location"] == f"{ACCOUNT}?done=pin_changed"
    assert await refused_soon(other, ACCOUNT)
    assert (await here.get(ACCOUNT)).status_code == 200
    assert house.holds(here, OWNER).session_id == kept
    assert (await sign_in(other, HOST.pin)).status_code == 401
    assert (await sign_in(other, NEW)).status_code == 303
    assert (await house.audited()).count(("own_pin_changed", HOST.person_id)) == 1


async def test_guesses_at_the_old_pin_are_counted_with_those_of_signing_in_on_that_phone(house: House) -> None:
    here, other = await signed_in(house, 2)
    wrong = [await change(here, "999998", NEW) for _ in range(4)]
    assert [answer.status_code for answer in wrong] == [403] * 4
    assert escape(translate("signin.tries_left", "en", tries=1)) in wrong[3].text
    assert (await sign_in(here, "999998")).status_code == 401
    waits = await change(here, HOST.pin, NEW)
    assert (waits.status_code, waits.headers["retry-after"]) == (429, "60")
    assert escape(translate("signin.wait", "en", minutes=1)) in waits.text
    assert not await opens_with(house, NEW)
    assert (await change(other, HOST.pin, NEW)).status_code == 303, "who guesses on one phone keeps nobody from another"
    assert await opens_with(house, NEW)
    assert (await sign_in(here, NEW)).status_code == 303, "a new PIN forgets the guesses at the old one"


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_a_pin_that_will_not_do_costs_no_try_and_the_page_says_why(house: House, language: Language) -> None:
    [phone] = await signed_in(house)
    phone.headers["accept-language"] = language
    refused = [
        ("weak_secret", "123456", "123456"),
        ("weak_secret", "12345", "12345"),
        ("same_pin", HOST.pin, HOST.pin),
        ("pins_differ", NEW, NEW[::-1]),
    ]
    for code, new, again in refused * 2:
        answer = await change(phone, HOST.pin, new, again)
        assert (answer.status_code, escape(translate(f"errors.{code}", language)) in answer.text) == (422, True)
        assert f'value="{new}"' not in answer.text
    assert (await change(phone, HOST.pin, NEW)).status_code == 303


async def test_no_other_pass_opens_an_owners_account_and_an_owners_no_office(house: House) -> None:
    [phone] = await signed_in(house)
    manager = await house.office(MANAGER)
    manager.cookies.set(OWNER, manager.cookies[OFFICE])
    phone.cookies.set(OFFICE, phone.cookies[OWNER])
    assert [(await manager.get(ACCOUNT)).status_code, (await phone.get("/account")).status_code] == [403, 403]


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile Safari/537.36",
            "Chrome · Android",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604.1", "Safari · iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0", "Edge · Windows"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", ""),
    ],
)
def test_a_browser_is_named_as_its_person_knows_it(said: str, name: str) -> None:
    assert name_of_browser(said) == name
