"""The database read-only, locked, emptied of sessions, restarted, migrated: no process ends, and all goes on after it.

A second or so for each; a minute in `./run test-long`.
"""

import asyncio
import json
from functools import partial

import asyncpg
import httpx
import pytest

from deploy.local.process import Program
from deploy.simulator.bank import Bank
from shared.clock import local_date, utc_now
from shared.events.topics import PAYMENTS_EVENTS, TICKETING_EVENTS
from shared.ids import uuid7
from shared.web.i18n import Language
from tests.chaos.troubles import Trouble, emptied_again_and_again, locked, migrated, read_only, restarted
from tests.support.buyers import ENTRIES, Buyers, Gates, transfer_for
from tests.support.gate import VENUE
from tests.support.real_system import RealSystem
from tests.support.scope import IS_LONG
from tests.support.texts import translate
from tests.support.topics import ends_of, times_said
from tests.support.waiting import PATIENCE_S, until

HELD_S = 60.0 if IS_LONG else 1.0
# What is said to programs, and to people in their language.
READERS: list[tuple[str, Language]] = [("application/json", "en"), ("text/html", "vi"), ("text/html", "en")]
# Each with whether a visitor who orders meanwhile must hear of it.
TROUBLES: dict[Trouble, bool] = {
    read_only: True,
    locked: True,
    emptied_again_and_again: False,
    restarted: True,
    migrated: False,
}
SAID = [TICKETING_EVENTS.name, PAYMENTS_EVENTS.name]


@pytest.mark.chaos
@pytest.mark.slow
async def test_no_trouble_of_the_database_ends_a_process_and_all_goes_on_after_it(
    supervised: tuple[RealSystem, Program],
) -> None:
    system, _ = supervised
    processes = {part.name: system.pid(part.name) for part in system.parts()}
    since = await ends_of(system.kafka_bootstrap, SAID)
    bank, gates = Bank(system.kafka_bootstrap, ""), await Gates.pair(system, [VENUE])
    async with httpx.AsyncClient(base_url=system.origin("ticketing"), timeout=PATIENCE_S, trust_env=False) as http:
        buyers = Buyers(http, bank, gates)
        for trouble, is_heard_of in TROUBLES.items():
            placed = await buyers.order(ENTRIES[0], 1)
            order = await buyers.becomes(placed.token, lambda seen: seen.ready)
            watching = asyncio.create_task(_sees_its_ticket(http, placed.token))
            async with trouble(system):
                await buyers.tell(transfer_for(order, order.total_vnd, f"{order.order_id} pays"))
                await _order_meanwhile(http, trouble.__name__, is_heard_of=is_heard_of)
            await watching
        await _is_shut_out(system, http, gates)
    await bank.close()
    for part in system.parts():
        await asyncio.to_thread(part.wait_ready, PATIENCE_S)
    await until(partial(_all_is_sent_and_counted, system))
    assert {part.name: system.pid(part.name) for part in system.parts()} == processes
    said = await times_said(system.kafka_bootstrap, SAID, since)
    assert said
    assert max(said.values()) <= 2


async def _order_meanwhile(http: httpx.AsyncClient, trouble: str, *, is_heard_of: bool) -> None:
    """Orders for as long as the trouble lasts, and until every kind of reader was told of it, in words."""
    loop = asyncio.get_running_loop()
    end = loop.time() + HELD_S
    to_tell = set(READERS)
    while loop.time() < end or (is_heard_of and to_tell):
        answers = await asyncio.gather(*(_order(http, *reader) for reader in READERS))
        for reader, answer in zip(READERS, answers, strict=True):
            if answer.status_code != 201:
                assert (answer.status_code, answer.headers.get("retry-after")) == (503, "2"), (trouble, answer.text)
                assert translate("errors.service_unavailable", reader[1]) in answer.text
                assert answer.headers["content-type"].startswith(reader[0].replace("/json", "/problem+json"))
                to_tell.discard(reader)


async def _order(http: httpx.AsyncClient, accept: str, language: str) -> httpx.Response:
    order_id = str(uuid7())
    headers = {"accept": accept, "accept-language": language, "idempotency-key": order_id}
    wanted = {"order_id": order_id, "product_id": ENTRIES[1], "visit_on": local_date(utc_now()).isoformat()}
    return await http.post("/api/orders", json={**wanted, "counts": {"adult": 1}}, headers=headers)


async def _sees_its_ticket(http: httpx.AsyncClient, token: str) -> None:
    """A visitor's page, which opens its stream again as browsers do."""
    async with asyncio.timeout(PATIENCE_S + HELD_S):
        while True:
            async with http.stream("GET", f"/api/orders/{token}/live") as stream:
                async for line in stream.aiter_lines():
                    if line.startswith("data: ") and json.loads(line.removeprefix("data: "))["status"] == "ticketed":
                        return
            await asyncio.sleep(0.3)


async def _is_shut_out(system: RealSystem, http: httpx.AsyncClient, gates: Gates) -> None:
    """A phone that is revoked now is heard of by the doors."""
    manifest = partial(
        http.get, "/api/gate/manifest", params={"venue_id": VENUE}, headers={"cookie": gates.cookies[VENUE]}
    )
    assert (await manifest()).status_code == 200
    ticketing = await asyncpg.connect(system.database_url("ticketing"))
    newest = "INSERT INTO revocations (subject_id) SELECT device_id FROM devices ORDER BY paired_at DESC LIMIT 1"
    await ticketing.execute(newest)
    await ticketing.close()

    async def is_out() -> bool:
        return (await manifest()).status_code == 401

    await until(is_out)


async def _all_is_sent_and_counted(system: RealSystem) -> bool:
    unsent = [await _number(system, name, "SELECT count(*) FROM unsent") for name in _SPEAKERS]
    settled = await _number(system, "payments", "SELECT count(*) FROM intents WHERE status = 'settled'")
    counted = await _number(system, "analytics", "SELECT coalesce(sum(payments), 0)::bigint FROM day_taken")
    return not any(unsent) and settled == counted


_SPEAKERS = ("ticketing", "payments")


async def _number(system: RealSystem, service: str, query: str) -> int:
    connection = await asyncpg.connect(system.database_url(service))
    try:
        return int(await connection.fetchval(query))
    finally:
        await connection.close()
