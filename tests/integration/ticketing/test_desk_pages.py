"""What the desk's pages say without a script: what was just done, and which of two phones is which."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from html import unescape
from uuid import uuid4

import httpx
import pytest

from shared.passes.auth import GATE, OWNER
from tests.support.cluster import Cluster
from tests.support.doors_house import (
    HOST,
    LUNG_CU,
    MANAGER,
    OPERATOR,
    OTHER_MANAGER,
    House,
    new_code,
    open_house,
    paired,
    post,
)

LAN = {"login": "gate-new", "display_name": "Lan", "role": "gate", "venues": LUNG_CU, "pin": "483920"}


@pytest.fixture
async def house(cluster: Cluster) -> AsyncIterator[House]:
    async with open_house(cluster) as opened:
        yield opened


def told(page: httpx.Response) -> str | None:
    found = re.search(r'<p class="notice notice-good" role="status" id="done">(.*?)</p>', page.text)
    return unescape(found[1]) if found else None


async def done(browser: httpx.AsyncClient, path: str, **fields: str) -> str | None:
    """What the page after a form says, as a browser without scripts gets there."""
    answer = await post(browser, path, **fields)
    assert answer.status_code == 303
    return told(await browser.get(answer.headers["location"]))


async def test_each_change_of_a_person_is_told_by_the_page_after_it(house: House) -> None:
    desk = await house.office(MANAGER)
    assert await done(desk, "/manage/people", **LAN) == "Lan was added."
    person = await house.pool.fetchval("SELECT person_id FROM persons WHERE login = 'gate-new'")
    changed = await done(desk, f"/manage/people/{person}/secrets", pin="392847")
    assert changed == "The PIN or password of Lan was changed."
    assert await done(desk, f"/manage/people/{person}/revoke") == "Lan was revoked and cannot sign in any more."
    assert told(await desk.get("/manage")) is None


async def test_each_change_of_a_phone_is_told_by_the_page_after_it(house: House) -> None:
    desk = await house.office(MANAGER)
    phone = house.holds(await paired(house, desk), GATE).subject_id
    renamed = await done(desk, f"/manage/phones/{phone}/rename", name="<East>")
    assert renamed == "The phone is now called “<East>”."
    revoked = await done(desk, f"/manage/phones/{phone}/revoke")
    assert revoked is not None
    assert revoked.startswith("The phone “<East>” was revoked.")
    made = await post(desk, "/manage/phones/codes", pair=f"venue:{LUNG_CU}")
    assert told(made) == "A code was made for a gate phone of Lung Cu National Flag Tower."


async def test_an_address_that_tells_of_what_did_not_happen_is_not_believed(house: House) -> None:
    desk, other = await house.office(MANAGER), await house.office(OTHER_MANAGER)
    phone = house.holds(await paired(house, desk), GATE).subject_id
    untrue = f"/manage/phones?done=phone_revoked&who={phone}"
    assert told(await desk.get(untrue)) is None
    assert await done(desk, f"/manage/phones/{phone}/revoke")
    assert told(await desk.get(untrue)) is not None
    assert told(await other.get(untrue)) is None, "the name of a phone of another venue"
    assert told(await desk.get(f"/manage?done=person_added&who={uuid4()}")) is None


async def test_two_phones_of_one_name_are_told_apart_by_who_paired_them_and_when_they_were_heard_of(
    house: House,
) -> None:
    desk = await house.office(MANAGER)
    first = house.holds(await paired(house, desk), GATE).subject_id
    house.now[0] += timedelta(minutes=95)
    await paired(house, await house.office(OPERATOR))
    await house.pool.execute(
        "UPDATE devices SET last_seen_at = paired_at + interval '5 min' WHERE device_id = $1", first
    )
    cards = re.findall(
        r'<li class="card">\s*<h2>Gate 1</h2>(.*?)<details>', (await desk.get("/manage/phones")).text, re.DOTALL
    )
    [newer, older] = [" ".join(re.sub("<[^>]*>", " ", unescape(card)).split()) for card in cards]
    assert f"Paired on 24/11/2026 at 10:35 by {OPERATOR.display_name} Not heard of yet" in newer
    assert f"Paired on 24/11/2026 at 09:00 by {MANAGER.display_name} Last heard of on 24/11/2026 at 09:05" in older


async def test_a_phone_is_heard_of_when_its_owner_signs_in(house: House) -> None:
    phone = await paired(house, await house.office(OPERATOR), f"owner:{HOST.person_id}")
    sign = {"person_id": str(HOST.person_id), "pin": HOST.pin}
    assert (await phone.post("/sign-in/owner", data=sign)).status_code == 303
    assert await house.pool.fetchval("SELECT last_seen_at FROM devices") == house.now[0]


@pytest.mark.parametrize(
    ("wanted", "led_to"),
    [
        ("/sign-in/owner?next=/owner/charges/1", "/sign-in/owner?next=/owner/charges/1"),
        ("", "/sign-in/owner"),
        ("https://evil.test/", "/sign-in/owner"),
        ("/manage", "/sign-in/owner"),
    ],
)
async def test_an_owner_who_was_sent_to_pair_is_led_on_to_where_they_wanted(
    house: House, wanted: str, led_to: str
) -> None:
    phone, desk = house.browser(), await house.office(OPERATOR)
    page = await phone.get("/pair", params={"next": wanted})
    found = re.search(r'name="next" value="([^"]*)"', page.text)
    assert found
    code = await new_code(desk, f"owner:{HOST.person_id}")
    answer = await post(phone, "/pair", code=code, next=unescape(found[1]))
    assert answer.headers["location"] == led_to
    assert OWNER not in phone.cookies


async def test_a_gate_phone_goes_to_the_gate_wherever_it_came_from(house: House) -> None:
    phone, desk = house.browser(), await house.office(OPERATOR)
    answer = await post(phone, "/pair", code=await new_code(desk), next="/sign-in/owner?next=/owner")
    assert answer.headers["location"] == "/gate"


async def test_the_pages_offer_what_may_be_managed_and_nothing_else(house: House) -> None:
    other = OTHER_MANAGER.venue_ids[0]
    operator = await house.office(OPERATOR)
    for n, (role, venues) in enumerate(
        [("gate", [LUNG_CU]), ("gate", [LUNG_CU, other]), ("owner", [LUNG_CU, other]), ("manager", [LUNG_CU])]
    ):
        fields = {"login": f"new-{n}", "display_name": f"New {n}", "role": role, "pin": "483920"}
        form = {"idempotency_key": str(uuid4()), **fields, "venues": venues, "password": "a-long-password"}
        assert (await operator.post("/manage/people", data=form)).status_code == 303
    everywhere = await paired(house, operator, f"owner:{await person_called(house, 'new-2')}")
    at_tower = await paired(house, operator)
    people = {str(row["person_id"]) for row in await house.pool.fetch("SELECT person_id FROM persons")}
    phones = {str(house.holds(phone, GATE).subject_id) for phone in (everywhere, at_tower)}

    for desk, persons in ((await house.office(MANAGER), 1), (operator, len(people))):
        offered = set(re.findall(r'action="(/manage/[^"]+)"', (await desk.get("/manage")).text))
        offered |= set(re.findall(r'action="(/manage/[^"]+)"', (await desk.get("/manage/phones")).text))
        assert sum(path.endswith("/secrets") for path in offered) == persons
        # Nothing is changed by an empty form, a name, and in the end a revocation.
        for path in sorted(f"/manage/people/{one}/secrets" for one in people):
            assert ((await post(desk, path)).status_code == 303) == (path in offered), path
        for path in sorted(f"/manage/phones/{one}/rename" for one in phones):
            assert ((await post(desk, path, name="Gate")).status_code == 303) == (path in offered), path
    roles = re.findall(r'<option value="(\w+)"', (await (await house.office(MANAGER)).get("/manage")).text)
    assert roles == ["gate", "owner"]
    refused = await post(operator, f"/manage/people/{OPERATOR.person_id}/revoke")
    assert refused.status_code == 403
    for path in sorted(f"/manage/people/{one}/revoke" for one in people):
        assert ((await post(operator, path)).status_code == 303) == (path in offered), path
    assert (await operator.get("/manage")).status_code == 200


async def person_called(house: House, login: str) -> str:
    return str(await house.pool.fetchval("SELECT person_id FROM persons WHERE login = $1", login))
