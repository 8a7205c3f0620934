"""A session ends everywhere when somebody signs out, and a person's passes when their secret is new."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from shared.passes.auth import OFFICE, OWNER, sign_pass
from tests.support.cluster import Cluster
from tests.support.doors_house import (
    HOST,
    MANAGER,
    OPERATOR,
    House,
    open_house,
    paired,
    post,
    refused_soon,
    sign_in_with,
)

NEW_PASSWORD = "quite-another-password"


@pytest.fixture
async def house(cluster: Cluster) -> AsyncIterator[House]:
    async with open_house(cluster) as opened:
        yield opened


async def ended(house: House) -> list[UUID]:
    """Whose passes were said to have ended, in order."""
    found = "SELECT aggregate_id FROM outbox WHERE type = 'ticketing.passes_ended.v1' ORDER BY seq"
    return [UUID(row["aggregate_id"]) for row in await house.pool.fetch(found)]


async def test_signing_out_ends_the_session_also_for_who_copied_the_cookie(house: House) -> None:
    desk, copy, other = await house.office(MANAGER), house.browser(), await house.office(MANAGER)
    copy.cookies.set(OFFICE, desk.cookies[OFFICE])
    session_id = house.holds(desk, OFFICE).session_id
    house.now[0] += timedelta(minutes=1)
    assert (await copy.get("/manage")).status_code == 200
    await desk.post("/sign-out", data={"door": "office"})
    assert await refused_soon(copy, "/manage")
    assert await ended(house) == [session_id]
    assert (await other.get("/manage")).status_code == 200, "another browser of the same person stays"


async def test_an_owner_signs_out_and_the_phone_stays_paired(house: House) -> None:
    phone = await paired(house, await house.office(OPERATOR), f"owner:{HOST.person_id}")
    sign = {"person_id": str(HOST.person_id), "pin": HOST.pin}
    await phone.post("/sign-in/owner", data=sign)
    session_id = house.holds(phone, OWNER).session_id
    house.now[0] += timedelta(minutes=1)
    await phone.post("/sign-out", data={"door": "owner"})
    assert await ended(house) == [session_id]
    assert (await phone.post("/sign-in/owner", data=sign)).headers["location"] == "/owner"


async def test_a_new_secret_ends_every_pass_of_the_person(house: House) -> None:
    desk, manager = await house.office(OPERATOR), await house.office(MANAGER)
    house.now[0] += timedelta(minutes=1)
    assert (await manager.get("/manage")).status_code == 200
    await post(desk, f"/manage/people/{MANAGER.person_id}/secrets", password=NEW_PASSWORD)
    assert await refused_soon(manager, "/manage")
    assert await ended(house) == [MANAGER.person_id]
    assert (await sign_in_with(manager, MANAGER.login, NEW_PASSWORD)).status_code == 303
    assert (await manager.get("/manage")).status_code == 200, "a pass from after the change is good"
    assert (await desk.get("/manage")).status_code == 200


async def test_who_changes_the_own_secret_stays_in_that_browser_alone(house: House) -> None:
    here, elsewhere = await house.office(OPERATOR), await house.office(OPERATOR)
    session_id = house.holds(here, OFFICE).session_id
    house.now[0] += timedelta(minutes=1)
    await post(here, f"/manage/people/{OPERATOR.person_id}/secrets", password=NEW_PASSWORD)
    assert await refused_soon(elsewhere, "/manage")
    assert (await here.get("/manage")).status_code == 200
    assert house.holds(here, OFFICE).session_id == session_id
    house.now[0] += timedelta(minutes=1)
    copy = house.browser()
    copy.cookies.set(OFFICE, here.cookies[OFFICE])
    await here.post("/sign-out", data={"door": "office"})
    assert await refused_soon(copy, "/manage"), "the fresh pass belongs to the session"


async def test_a_pass_from_before_there_were_sessions_lives_on(house: House) -> None:
    desk = await house.office(MANAGER)
    old = replace(house.holds(desk, OFFICE), session_id=None)
    desk.cookies.clear()  # a second cookie of this name would be none
    desk.cookies.set(OFFICE, sign_pass(old, house.key))
    assert (await desk.get("/manage")).status_code == 200
    assert (await desk.post("/sign-out", data={"door": "office"})).status_code == 303
    assert await ended(house) == []
