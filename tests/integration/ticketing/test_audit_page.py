"""An operator reads in words who did what to whom and when, by kind and day, page by page."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import uuid4

import httpx
import pytest

from tests.support.cluster import Cluster
from tests.support.doors_house import (
    HOST,
    LUNG_CU,
    MANAGER,
    OPERATOR,
    House,
    new_code,
    open_house,
    paired,
    post,
    sign_in_with,
)

PATH = "/manage/audit"
_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-"


@pytest.fixture
async def house(cluster: Cluster) -> AsyncIterator[House]:
    async with open_house(cluster) as opened:
        yield opened


def lines_of(page: httpx.Response) -> list[str]:
    """Each line as it reads, without its tags."""
    assert page.status_code == 200
    items = re.findall(r'<li class="card">(.*?)</li>', page.text, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", item)).split()) for item in items]


async def test_a_line_says_in_words_who_did_what_to_whom_and_when(house: House) -> None:
    desk = await house.office(OPERATOR)
    fields = {"login": "gate-new", "display_name": "Vừ Thị Máy", "role": "gate", "venues": LUNG_CU, "pin": "483920"}
    await post(desk, "/manage/people", **fields)
    phone = await paired(house, desk, f"owner:{HOST.person_id}")
    await phone.post("/sign-in/owner", data={"person_id": str(HOST.person_id), "pin": HOST.pin})
    await phone.post("/sign-in/owner", data={"person_id": str(HOST.person_id), "pin": "999998"})
    await sign_in_with(house.browser("198.51.100.3"), MANAGER.login, "wrong")
    await sign_in_with(house.browser("198.51.100.3"), "nobody-here", "wrong")
    await new_code(desk)
    page = await desk.get(PATH)

    operator, host = f"{OPERATOR.display_name} (Operator)", f"{HOST.display_name} (Host)"
    when, stranger = "When 24/11/2026 09:00 Who", "Somebody who is not signed in"
    assert lines_of(page) == [
        f"Pairing code made {when} {operator} What Lung Cu National Flag Tower Phone Gate phone",
        f"Sign-in failed {when} {stranger} What A login that nobody has From address 198.51.100.0/24",
        f"Sign-in failed {when} {stranger} What {MANAGER.display_name} (Site manager) From address 198.51.100.0/24",
        f"Sign-in failed {when} Gate 1 (Host's phone) What {host} From address 203.0.113.0/24",
        f"Signed in {when} {host} What Gate 1 (Host's phone)",
        f"Phone paired {when} {operator} What Gate 1 (Host's phone) Phone Host's phone",
        f"Pairing code made {when} {operator} What {await venue_of_host(house)} Phone Host's phone",
        f"Person added {when} {operator} What Vừ Thị Máy (Gate staff) Role Gate staff",
        f"Signed in {when} {operator}",
    ]
    assert not re.search(_ID, " ".join(lines_of(page)))
    assert "{" not in " ".join(lines_of(page))


async def venue_of_host(house: House) -> str:
    names = [
        str(await house.pool.fetchval("SELECT name_en FROM venues WHERE venue_id = $1", venue))
        for venue in HOST.venue_ids
    ]
    return ", ".join(names)


async def test_what_commands_did_and_what_nobody_foresaw_can_be_read_too(house: House) -> None:
    desk = await house.office(OPERATOR)
    order, person = uuid4(), MANAGER.person_id
    await house.pool.execute(
        "INSERT INTO audit (at, action, subject, detail) VALUES"
        ' ($1, \'order_undone\', $2, \'{"reason": "a <b>flood</b>", "paid_vnd": 60000}\'),'
        " ($1, 'secrets_changed', $3, '{\"pin\": true, \"password\": false}'),"
        " ($1, 'invented_later', 'thing:7', '{\"depth\": 3}'), ($1, 'order_undone', $4, '{}'),"
        " ($1, 'person_added', 'person:no id', '{}')",
        house.now[0],
        f"order:{order}",
        f"person:{person}",
        str(order),
    )
    at = "When 24/11/2026 09:00 Who"
    assert lines_of(await desk.get(PATH))[:5] == [
        f"Person added {at} By the invitation What person:no id",
        f"Order undone {at} A command on the server What {order}",
        f"invented_later {at} A command on the server What thing:7 depth 3",
        f"New PIN or password set {at} A command on the server What {MANAGER.display_name} (Site manager) New PIN yes",
        f"Order undone {at} A command on the server What Order {order} Reason a <b>flood</b> Paid 60.000 ₫",
    ]


async def test_the_trail_is_read_newest_first_page_by_page_within_what_was_chosen(house: House) -> None:
    desk, manager = await house.office(OPERATOR), await house.office(MANAGER)
    assert (await manager.get(PATH)).status_code == 403
    await house.pool.execute(
        "INSERT INTO audit (at, action, subject)"
        " SELECT $1, CASE WHEN n % 2 = 0 THEN 'phone_renamed' ELSE 'phone_revoked' END, 'thing:' || n"
        " FROM generate_series(1, 130) AS n",
        house.now[0],
    )
    for chosen, expected in (("", 130), ("action=phone_renamed&day=2026-11-24", 65), ("day=2026-11-24", 130)):
        seen, address = list[int](), f"{PATH}?{chosen}"
        pages = 0
        while address:
            page = await desk.get(address)
            seen += [int(line.rpartition(":")[2]) for line in lines_of(page) if "thing:" in line]
            older = re.search(r'rel="next" href="([^"]+)"', page.text)
            address, pages = unescape(older.group(1)) if older else "", pages + 1
        assert (len(seen), seen) == (expected, sorted(seen, reverse=True))
        assert pages == (2 if expected == 65 else 3)


async def test_a_day_is_the_local_one(house: House) -> None:
    desk = await house.office(OPERATOR)
    midnight = datetime(2026, 11, 25, 17, tzinfo=UTC)
    await house.pool.executemany(
        "INSERT INTO audit (at, action, subject) VALUES ($1, 'phone_renamed', $2)",
        [(midnight - timedelta(microseconds=1), "thing:25"), (midnight, "thing:26")],
    )
    for day in ("25", "26"):
        assert [line[-8:] for line in lines_of(await desk.get(f"{PATH}?day=2026-11-{day}"))] == [f"thing:{day}"]


@pytest.mark.parametrize(
    "asked", ["action=made-up&before=-5", "day=tomorrow", "day=9999-12-31", "day=0001-01-01", f"before={2**80}"]
)
async def test_what_cannot_be_chosen_is_not_and_an_empty_page_says_so(house: House, asked: str) -> None:
    desk = await house.office(OPERATOR)
    page = await desk.get(f"{PATH}?{asked}")
    assert page.status_code == 200
    assert ('id="nothing"' in page.text) == ("before=-5" in asked)
    nothing = await desk.get(f"{PATH}?day=2020-02-29&action=phone_renamed")
    assert "There is nothing of that kind or on that day." in nothing.text
    assert f'href="{PATH}"' in nothing.text


async def test_whom_a_line_names_is_called_as_today_though_the_line_is_old(house: House) -> None:
    desk = await house.office(OPERATOR)
    await house.pool.execute("UPDATE persons SET display_name = 'Mới' WHERE person_id = $1", OPERATOR.person_id)
    assert lines_of(await desk.get(PATH)) == ["Signed in When 24/11/2026 09:00 Who Mới (Operator)"]
