"""Gate staff and managers change the PIN that opens a gate, on the gate's phone, by the old one."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import httpx
import pytest

from services.ticketing.people.domain import is_pin
from services.ticketing.people.store import find_person
from shared.ids import PersonId
from shared.passes.auth import OFFICE
from shared.web.i18n import Language
from tests.support.cluster import Cluster
from tests.support.doors_house import HOST, LUNG_CU, MANAGER, OPERATOR, OTHER_MANAGER, House, open_house, paired, post
from tests.support.texts import translate

OLD, NEW = "483920", "739105"


@pytest.fixture
async def house(cluster: Cluster) -> AsyncIterator[House]:
    async with open_house(cluster) as opened:
        yield opened


async def added(house: House, desk: httpx.AsyncClient, venue: str = LUNG_CU) -> UUID:
    """Somebody new of the gate, whose PIN the operator chose and so knows."""
    login = f"gate-{uuid4().hex[:8]}"
    fields = {"login": login, "display_name": "Vừ Thị Máy", "role": "gate", "venues": venue, "pin": OLD}
    assert (await post(desk, "/manage/people", **fields)).status_code == 303
    found: UUID = await house.pool.fetchval("SELECT person_id FROM persons WHERE login = $1", login)
    return found


async def change(
    phone: httpx.AsyncClient, person_id: UUID, old: str, new: str, key: str | None = None
) -> httpx.Response:
    return await phone.post(
        "/api/gate/pin",
        json={"person_id": str(person_id), "old": old, "new": new},
        headers={"idempotency-key": key or str(uuid4()), "accept": "application/json"},
    )


async def opens_with(house: House, person_id: UUID, pin: str) -> bool:
    async with house.pool.acquire() as connection:
        person = await find_person(connection, PersonId(person_id))
    assert person is not None
    assert person.pin is not None
    return is_pin(pin, person.pin)


async def test_gate_staff_change_their_pin_and_whoever_set_it_knows_it_no_more(house: House) -> None:
    desk = await house.office(OPERATOR)
    staff, phone = await added(house, desk), await paired(house, desk)
    told = await change(phone, staff, OLD, NEW)
    assert told.status_code == 200, told.text
    assert sorted(told.json()["pin"]) == ["hash", "salt"]
    assert [await opens_with(house, staff, pin) for pin in (NEW, OLD)] == [True, False]
    assert (await house.audited())[-1] == ("own_pin_changed", staff)
    assert (await change(phone, staff, OLD, "620318")).status_code == 403


async def test_a_manager_changes_the_pin_of_the_gate_and_stays_signed_in_at_the_office(house: House) -> None:
    desk, office = await house.office(OPERATOR), await house.office(MANAGER)
    assert (await post(desk, f"/manage/people/{MANAGER.person_id}/secrets", pin=OLD)).status_code == 303
    office = await house.office(MANAGER)
    phone = await paired(house, desk)
    assert (await change(phone, MANAGER.person_id, OLD, NEW)).status_code == 200
    assert await opens_with(house, MANAGER.person_id, NEW)
    assert (await office.get("/manage")).status_code == 200
    assert house.holds(office, OFFICE).subject_id == MANAGER.person_id


async def test_a_change_whose_answer_was_lost_is_answered_again_and_not_done_again(house: House) -> None:
    desk = await house.office(OPERATOR)
    staff, phone = await added(house, desk), await paired(house, desk)
    key = str(uuid4())
    first, again = [await change(phone, staff, OLD, NEW, key) for _ in range(2)]
    assert (again.status_code, again.json()) == (200, first.json())
    assert (await house.audited()).count(("own_pin_changed", staff)) == 1


async def test_guesses_at_the_old_pin_are_counted_by_person_and_phone(house: House) -> None:
    desk = await house.office(OPERATOR)
    staff, here, other = await added(house, desk), await paired(house, desk), await paired(house, desk)
    wrong = [await change(here, staff, "999998", NEW) for _ in range(5)]
    assert [answer.status_code for answer in wrong] == [403] * 5
    assert [answer.json()["tries_left"] for answer in wrong] == [4, 3, 2, 1, 0]
    waits = await change(here, staff, OLD, NEW)
    assert (waits.status_code, waits.headers["retry-after"]) == (429, "60")
    assert await opens_with(house, staff, OLD)
    assert (await change(other, staff, OLD, NEW)).status_code == 200, (
        "who guesses on one phone keeps nobody from another"
    )
    assert (await change(here, staff, NEW, OLD)).status_code == 200, "a new PIN forgets the guesses at the old one"


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_a_pin_that_will_not_do_costs_no_try_and_is_told_in_words(house: House, language: Language) -> None:
    desk = await house.office(OPERATOR)
    staff, phone = await added(house, desk), await paired(house, desk)
    phone.headers["accept-language"] = language
    for code, new in [("weak_secret", "123456"), ("weak_secret", "12345"), ("same_pin", OLD)] * 2:
        answer = await change(phone, staff, OLD, new)
        assert (answer.status_code, answer.json()["title"]) == (422, translate(f"errors.{code}", language))
    assert (await change(phone, staff, "999998", NEW)).json()["title"] == translate("errors.wrong_old_pin", language)
    assert (await change(phone, staff, OLD, NEW)).status_code == 200


async def test_a_gates_phone_changes_no_pin_but_of_those_whom_it_lets_in(house: House) -> None:
    desk = await house.office(OPERATOR)
    phone = await paired(house, desk)
    gone = await added(house, desk)
    assert (await post(desk, f"/manage/people/{gone}/revoke")).status_code == 303
    elsewhere = await added(house, desk, HOST.venue_ids[0])
    # The same 404 for all: a phone learns of nobody whom its list does not name.
    for person_id in (HOST.person_id, OTHER_MANAGER.person_id, OPERATOR.person_id, gone, elsewhere, uuid4()):
        answer = await change(phone, person_id, OLD, NEW)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_person")
    hosts = await paired(house, desk, f"owner:{HOST.person_id}")
    assert (await change(hosts, HOST.person_id, HOST.pin, NEW)).status_code == 404, (
        "an owner's opens money: /account/owner"
    )
    assert (await change(house.browser(), gone, OLD, NEW)).status_code == 401
