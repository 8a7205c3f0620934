"""People see and end their own sessions and change their own password."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from markupsafe import escape

from shared.passes.auth import OFFICE
from tests.support.cluster import Cluster
from tests.support.doors_house import (
    LUNG_CU,
    MANAGER,
    OTHER_MANAGER,
    House,
    new_code,
    open_house,
    post,
    refused_soon,
    sign_in_with,
)
from tests.support.texts import translate

NEW = "quite-another-word"


@pytest.fixture
async def house(cluster: Cluster) -> AsyncIterator[House]:
    async with open_house(cluster) as opened:
        yield opened


async def test_a_person_sees_where_they_are_signed_in_and_ends_one_of_it(house: House) -> None:
    here, elsewhere = await house.office(MANAGER), house.browser("198.51.100.44")
    elsewhere.headers["user-agent"] = "Phone of the gate"
    await sign_in_with(elsewhere, MANAGER.login, MANAGER.password)
    await house.office(OTHER_MANAGER)
    house.now[0] += timedelta(minutes=1)
    page = (await here.get("/account")).text
    assert "Phone of the gate" in page
    assert "198.51.100.0/24" in page
    assert page.count(str(translate("account.here", "en"))) == 1
    [action] = re.findall(r'action="(/account/sessions/[0-9a-f-]+/end)"', page)
    assert (await post(here, action)).headers["location"] == "/account?done=session_ended"
    assert await refused_soon(elsewhere, "/manage")
    assert "Phone of the gate" not in (await here.get("/account")).text


async def test_a_person_ends_all_other_sessions_and_nobody_elses(house: House) -> None:
    here, other = await house.office(MANAGER), await house.office(OTHER_MANAGER)
    others = [await house.office(MANAGER) for _ in range(2)]
    house.now[0] += timedelta(minutes=1)
    foreign = house.holds(other, OFFICE).session_id
    await post(here, f"/account/sessions/{foreign}/end")
    await post(here, "/account/sessions/end-others")
    for browser in others:
        assert await refused_soon(browser, "/manage")
    assert [(await browser.get("/manage")).status_code for browser in (here, other)] == [200, 200]


async def test_a_person_changes_the_own_password_by_the_old_one_and_stays_here_alone(house: House) -> None:
    here, elsewhere = await house.office(MANAGER), await house.office(MANAGER)
    house.now[0] += timedelta(minutes=1)
    wrong = await post(here, "/account/password", old="not-the-old-one", new=NEW)
    assert (wrong.status_code, escape(translate("errors.wrong_old_password", "en")) in wrong.text) == (403, True)
    assert (await post(here, "/account/password", old=MANAGER.password, new=NEW)).status_code == 303
    assert await refused_soon(elsewhere, "/manage")
    assert (await here.get("/account")).status_code == 200
    assert (await sign_in_with(house.browser(), MANAGER.login, MANAGER.password)).status_code == 401
    assert (await sign_in_with(house.browser(), MANAGER.login, NEW)).status_code == 303


async def test_who_finds_an_open_browser_gets_five_guesses_at_its_password(house: House) -> None:
    here = await house.office(MANAGER)
    answers = [await post(here, "/account/password", old=f"wrong-{n}", new=NEW) for n in range(6)]
    assert [answer.status_code for answer in answers] == [403] * 5 + [429]


@pytest.mark.parametrize("new", ["short-1", "8402716359", f"my-{MANAGER.login}", "Password-1234", "mat.khau.12345"])
async def test_a_password_that_is_easily_guessed_is_refused(house: House, new: str) -> None:
    here = await house.office(MANAGER)
    assert (await post(here, "/account/password", old=MANAGER.password, new=new)).status_code == 422


@pytest.mark.parametrize(
    "name", ["\u200b", "\ufeff\u200b", "Lan\u202egnuH", "\u2066Lan", "---", "L\u00adan", "\u3164\uffa0", "Lan\ufe0f"]
)
async def test_a_name_that_shows_nothing_or_something_else_is_refused(house: House, name: str) -> None:
    desk = await house.office(MANAGER)
    fields = {"login": "gate-new", "display_name": name, "role": "gate", "venues": LUNG_CU, "pin": "483920"}
    assert (await post(desk, "/manage/people", **fields)).status_code == 422
    paired = await post(house.browser(), "/pair", code=await new_code(desk), name=name)
    assert (paired.status_code, escape(translate("errors.name_unreadable", "en")) in paired.text) == (422, True)


async def test_names_of_people_here_are_kept_as_they_are_written(house: House) -> None:
    desk = await house.office(MANAGER)
    for n, name in enumerate(("Vừ Thị Máy", "Nguye\u0302\u0303n Va\u0306n A", "Sùng A Lử (2)", "李明")):
        fields = {"login": f"gate-{n}-x", "display_name": name, "role": "gate", "venues": LUNG_CU, "pin": "483920"}
        assert (await post(desk, "/manage/people", **fields)).status_code == 303
