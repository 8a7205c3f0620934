"""Working out a password or PIN takes long: one at a time, outside of every transaction, and not for strangers' asking.

Most tests hold the line's only turn themselves, so that whoever comes waits as long as the test likes.
"""

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from markupsafe import escape
from prometheus_client import generate_latest

from services.ticketing.people.domain import hash_of_token
from services.ticketing.people.store import insert_invitation
from services.ticketing.people.usecases.first_people import seed_people
from services.ticketing.people.usecases.passwords import QUEUE, Queue
from shared.passes.auth import OWNER
from shared.web.i18n import Language
from tests.support.cluster import Cluster
from tests.support.doors_house import (
    HOST,
    LUNG_CU,
    MANAGER,
    OPERATOR,
    OTHER_MANAGER,
    PEOPLE,
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


@asynccontextmanager
async def held_line() -> AsyncGenerator[None]:
    """Nobody's turn comes until the end."""
    end = threading.Event()
    turn = asyncio.create_task(QUEUE.turn(end.wait, 60))
    await until(lambda: QUEUE.waiting == 1)
    try:
        yield
    finally:
        end.set()
        await turn


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in requests beside us
            await asyncio.sleep(0.01)


async def tries(house: House) -> dict[str, int]:
    """By what they were counted under."""
    rows = await house.pool.fetch(
        "SELECT split_part(subject, ':', 1) AS what, sum(tries) AS tries FROM attempts GROUP BY 1"
    )
    return {row["what"]: row["tries"] for row in rows}


def connections_in_use(house: House) -> int:
    return house.pool.get_size() - house.pool.get_idle_size()


async def wait_in_line(house: House, *requests: asyncio.Task[httpx.Response] | asyncio.Task[int]) -> None:
    """Until all of them and the holder of the line wait for their turns, and no connection is in use."""
    await until(lambda: QUEUE.waiting == len(requests) + 1 and connections_in_use(house) == 0)


async def test_who_waits_for_a_look_at_the_password_holds_no_connection_and_keeps_nobody_waiting(house: House) -> None:
    desk, browser = await house.office(OPERATOR), house.browser()
    async with asyncio.TaskGroup() as group, held_line():
        signing_in = [
            group.create_task(sign_in_with(house.browser(f"192.0.2.{n}"), f"made-up-{n}", "some-password"))
            for n in range(QUEUE.places - 1)
        ]
        signing_in.append(group.create_task(sign_in_with(browser, MANAGER.login, MANAGER.password)))
        await wait_in_line(house, *signing_in)
        async with asyncio.timeout(30):
            assert (await desk.get("/manage")).status_code == 200
    codes = [request.result().status_code for request in signing_in]
    assert codes == [401] * (QUEUE.places - 1) + [303]


async def test_who_waits_for_a_look_at_the_pin_holds_no_connection(house: House) -> None:
    phone = await paired(house, await house.office(OPERATOR), f"owner:{HOST.person_id}")
    sign = {"person_id": str(HOST.person_id), "pin": HOST.pin}
    async with asyncio.TaskGroup() as group, held_line():
        signing_in = group.create_task(phone.post("/sign-in/owner", data=sign))
        await wait_in_line(house, signing_in)
        assert await tries(house) == {"code": 1, "login": 1, "pin": 4}
    assert signing_in.result().headers["location"] == "/owner"
    assert await tries(house) == {"code": 1, "login": 1}


@pytest.mark.parametrize("path", ["/manage/people", f"/manage/people/{HOST.person_id}/secrets"])
async def test_new_secrets_are_worked_out_before_the_transaction_that_keeps_them(house: House, path: str) -> None:
    desk = await house.office(OPERATOR)
    fields = {"login": "new-one", "display_name": "Lan", "role": "manager", "venues": LUNG_CU, "pin": "483920"}
    async with asyncio.TaskGroup() as group, held_line():
        adding = group.create_task(post(desk, path, **fields, password="a-long-password"))
        await wait_in_line(house, adding)
    assert adding.result().status_code == 303
    if path == "/manage/people":
        assert (await sign_in_with(house.browser(), "new-one", "a-long-password")).status_code == 303


async def test_the_secrets_of_the_first_people_are_worked_out_outside_of_every_transaction(house: House) -> None:
    missing = PEOPLE["manager-nha-vuong"]
    async with asyncio.TaskGroup() as group, held_line():
        seeding = group.create_task(seed_people(house.unit, [MANAGER, missing]))
        await wait_in_line(house, seeding)
    assert seeding.result() == 1
    assert (await sign_in_with(house.browser(), missing.login, missing.password)).status_code == 303


async def test_a_start_that_finds_all_people_works_out_no_secret(house: House) -> None:
    async with asyncio.timeout(30), held_line():
        assert await seed_people(house.unit, [MANAGER, OPERATOR]) == 0


async def test_an_operator_sees_how_many_wait_for_their_turn(house: House) -> None:
    async with held_line():
        assert generate_latest().decode().splitlines().count("ticketing_secrets_waiting 1.0") == 1


async def test_a_try_is_counted_before_the_look_and_forgotten_after_the_right_password(house: House) -> None:
    async with asyncio.TaskGroup() as group, held_line():
        signing_in = group.create_task(sign_in_with(house.browser(), MANAGER.login, MANAGER.password))
        await wait_in_line(house, signing_in)
        assert await tries(house) == {"login": 2}
        assert await house.audited() == []
    assert signing_in.result().status_code == 303
    assert await tries(house) == {"login": 1}, "what all strangers share is given back to one at the least"
    assert await house.audited() == [("signed_in", MANAGER.person_id)]


@pytest.mark.parametrize(
    "meanwhile",
    [
        "UPDATE persons SET password_hash = (SELECT password_hash FROM persons WHERE login = $2) WHERE login = $1",
        "UPDATE persons SET revoked_at = now() WHERE login = $1 AND login <> $2",
    ],
    ids=["the password was changed", "the person was revoked"],
)
async def test_a_password_that_ended_during_the_look_lets_nobody_in(house: House, meanwhile: str) -> None:
    async with asyncio.TaskGroup() as group, held_line():
        signing_in = group.create_task(sign_in_with(house.browser(), MANAGER.login, MANAGER.password))
        await wait_in_line(house, signing_in)
        await house.pool.execute(meanwhile, MANAGER.login, OTHER_MANAGER.login)
    assert signing_in.result().status_code == 401
    assert await house.audited() == [("sign_in_failed", None)]


async def test_a_pin_that_was_changed_during_the_look_lets_nobody_in(house: House) -> None:
    phone = await paired(house, await house.office(OPERATOR), f"owner:{HOST.person_id}")
    sign = {"person_id": str(HOST.person_id), "pin": HOST.pin}
    async with asyncio.TaskGroup() as group, held_line():
        signing_in = group.create_task(phone.post("/sign-in/owner", data=sign))
        await wait_in_line(house, signing_in)
        await house.pool.execute("UPDATE persons SET pin_salt = '\\x00' WHERE person_id = $1", HOST.person_id)
    assert signing_in.result().status_code == 401
    assert OWNER not in phone.cookies


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_who_finds_no_place_in_the_line_is_told_to_come_again_and_has_lost_no_try(
    house: House, language: Language
) -> None:
    late = house.browser()
    late.headers["accept-language"] = language
    desk = await house.office(OPERATOR)
    fields = {"login": "new-one", "display_name": "Lan", "role": "gate", "venues": LUNG_CU, "pin": "483920"}
    async with asyncio.TaskGroup() as group, held_line():
        waiting = [
            group.create_task(sign_in_with(house.browser(f"192.0.2.{n}"), f"made-up-{n}", "some-password"))
            for n in range(QUEUE.places)
        ]
        await wait_in_line(house, *waiting)
        before = await tries(house)
        refused = [await sign_in_with(late, MANAGER.login, MANAGER.password) for _ in range(6)]
        refused_desk = await post(desk, "/manage/people", **fields)
        assert await tries(house) == before
    assert {(answer.status_code, answer.headers["retry-after"]) for answer in (*refused, refused_desk)} == {(503, "5")}
    for text in (translate("errors.busy", language), translate("errors.busy.do", language)):
        assert escape(text) in refused[0].text
    assert (await sign_in_with(late, MANAGER.login, MANAGER.password)).status_code == 303


async def test_a_sixth_try_at_a_made_up_login_is_answered_as_one_at_a_real_login(house: House) -> None:
    browser = house.browser()
    for login in (MANAGER.login, "made-up"):
        answers = [await sign_in_with(browser, login, "some-password") for _ in range(6)]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429]


async def test_a_made_up_invitation_has_no_password_worked_out(house: House) -> None:
    form = {"token": "made-up", "login": "first", "display_name": "Hoa", "password": "a-long-password"}
    async with held_line(), asyncio.timeout(30):
        assert (await post(house.browser(), "/sign-in/invitation", **form)).status_code == 404


async def test_an_invitation_asked_for_again_with_its_key_gets_its_lost_answer(house: House) -> None:
    token, key = uuid4().hex, str(uuid4())
    async with house.pool.acquire() as connection:
        await insert_invitation(connection, hash_of_token(token), house.now[0] + timedelta(hours=1))
    form = {"token": token, "login": "first", "display_name": "Hoa", "password": "a-long-password"}
    answers = [await post(house.browser(), "/sign-in/invitation", key, **form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]


async def test_never_are_two_secrets_worked_out_at_once() -> None:
    line, at_work, together = Queue(places=10), threading.Lock(), list[bool]()

    def work() -> None:
        together.append(not at_work.acquire(blocking=False))
        threading.Event().wait(0.005)
        at_work.release()

    await asyncio.gather(*(line.turn(work) for _ in range(10)))
    assert together == [False] * 10
