"""Whatever is killed, repeated or garbled under load: tickets once, admissions kept, every đồng in its place.

MOT_CHAM_CHAOS_SECONDS says how long things go wrong, MOT_CHAM_CHAOS_SEED in which order.
"""

import asyncio
import json
import logging
import os
import random
import secrets
import time
from collections import Counter

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaConsumer

from deploy.local.process import Program, wait_until
from deploy.simulator.bank import Bank
from shared.clock import utc_now
from shared.events.topics import BANK_TRANSFERS, PAYMENTS_EVENTS, TICKETING_EVENTS
from shared.kafka.connection import connection
from shared.kafka.topics import partitions_of
from tests.chaos.faults import Faults, killed
from tests.chaos.load import InTurn, Load, Promised
from tests.support.buyers import Buyers, Gates
from tests.support.real_system import RealSystem
from tests.support.scope import CHAOS_SECONDS

READS = {"ticketing": (PAYMENTS_EVENTS,), "payments": (TICKETING_EVENTS, BANK_TRANSFERS)}
# What was left lying is done at the speed of a busy machine.
QUIET_WITHIN_S = 180.0 + CHAOS_SECONDS


@pytest.mark.chaos
@pytest.mark.slow
async def test_no_fault_under_load_loses_or_doubles_a_ticket_an_admission_or_money(
    supervised: tuple[RealSystem, Program],
) -> None:
    system, supervisor = supervised
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # of a broker that we killed it says the same all the time
    seed = int(os.environ.get("MOT_CHAM_CHAOS_SEED") or secrets.randbelow(10**6))
    shape = f"two of each of {len(system.members())}" if system.apart else "each service one process"
    print(f"\nchaos: MOT_CHAM_CHAOS_SEED={seed} MOT_CHAM_CHAOS_SECONDS={CHAOS_SECONDS:.0f}, {shape}")
    began = utc_now()
    bank = Bank(system.kafka_bootstrap, "")
    origin, pools = system.origin("ticketing"), InTurn()
    async with httpx.AsyncClient(base_url=origin, timeout=10, transport=pools, trust_env=False) as http:
        load = Load(Buyers(http, bank, await _gates(system)), random.Random(seed))
        faults = Faults(system, load, random.Random(seed))
        async with asyncio.TaskGroup() as both:
            both.create_task(load.run(CHAOS_SECONDS))
            both.create_task(faults.run(CHAOS_SECONDS))
    await bank.close()
    print(f"chaos: {dict(Counter(faults.done))}, {len(load.promised.tickets_of_order)} paid orders")
    await asyncio.to_thread(_ready_again, system)
    await _quiet(system)

    for service in READS:
        resent = system.command(f"services.{service}", "outbox", "resend", "--since", began.isoformat())
        assert resent.returncode == 0, resent.stderr
        print(f"chaos: {service}: {resent.stdout.strip()}")
    await _quiet(system)

    assert load.promised.tickets_of_order
    assert load.promised.admitted
    assert faults.mistakes == []
    assert supervisor.pid() is not None, "only the supervisor may restart a part"
    await _tickets_and_admissions_are_as_promised(system, load.promised)
    _money_is_all_there(system, load.promised)
    _only_bad_events_are_dead_letters(system, faults)
    await _the_province_counted_the_same(system)


async def _gates(system: RealSystem) -> Gates:
    return await Gates.pair(system, ["cot-co-lung-cu", "nha-vuong-sa-phin", "hang-lung-khuy", "bao-tang-tinh-ha-giang"])


def _ready_again(system: RealSystem) -> None:
    """All parts are up, and the services say that they are ready, without anybody's help."""
    names = [name for some in killed(system).values() for name in some]
    wait_until(lambda: all(system.pid(name) is not None for name in names), 60, "every part was started again")
    for part in system.parts():
        part.wait_ready(120)


async def _quiet(system: RealSystem) -> None:
    """Returns once every service has read its topics to the end and has nothing left to say."""
    deadline = time.monotonic() + QUIET_WITHIN_S
    calm = 0
    while calm < 3:
        left = {"events to read": await _unread(system), "events to send": await _unsent(system)}
        calm = 0 if any(left.values()) else calm + 1
        assert time.monotonic() < deadline, f"not quiet within {QUIET_WITHIN_S:.0f} s: {left}"
        await asyncio.sleep(0.3)


async def _unread(system: RealSystem) -> int:
    unread = 0
    for service, topics in READS.items():
        # Of the group, but no member: it only asks how far the group came.
        asking = AIOKafkaConsumer(**connection(system.kafka_bootstrap), group_id=service, enable_auto_commit=False)
        await asking.start()
        try:
            partitions = await partitions_of(system.kafka_bootstrap, [topic.name for topic in topics])
            asking.assign(partitions)
            for partition, end in (await asking.end_offsets(partitions)).items():
                unread += end - (await asking.committed(partition) or 0)
        finally:
            await asking.stop()
    return unread


async def _unsent(system: RealSystem) -> int:
    unsent = 0
    for service in READS:
        [row] = await _rows(system, service, "SELECT count(*) FROM unsent")
        unsent += int(row[0])
    return unsent


async def _rows(system: RealSystem, service: str, query: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(system.database_url(service))
    try:
        return await connection.fetch(query)
    finally:
        await connection.close()


async def _tickets_and_admissions_are_as_promised(system: RealSystem, promised: Promised) -> None:
    rows = await _rows(
        system,
        "ticketing",
        "SELECT order_id, orders.status, people, count(ticket_id) AS tickets"
        "  FROM orders LEFT JOIN tickets USING (order_id) GROUP BY order_id",
    )
    found = {row["order_id"]: (row["status"], row["people"], row["tickets"]) for row in rows}
    paid = {order: found.get(order) for order in promised.tickets_of_order}
    assert paid == {order: ("ticketed", people, people) for order, people in promised.tickets_of_order.items()}
    settled = await _rows(system, "payments", "SELECT order_id FROM intents WHERE status = 'settled'")
    assert {order for order, values in found.items() if values[0] == "ticketed"} == {row[0] for row in settled}
    assert all(tickets == 0 for status, _, tickets in found.values() if status != "ticketed")
    ticketed = (str(order) for order, (status, *_) in found.items() if status == "ticketed")
    assert Counter(await _said_of(system, "tickets_issued")) == Counter(ticketed)

    scans = await _rows(system, "ticketing", "SELECT scan_id, ticket_id FROM admissions WHERE verdict = 'admitted'")
    assert {row["scan_id"]: row["ticket_id"] for row in scans} == promised.admitted
    counted = await _rows(system, "ticketing", "SELECT ticket_id, admitted FROM tickets WHERE admitted > 0")
    assert {row["ticket_id"]: row["admitted"] for row in counted} == dict.fromkeys(promised.admitted.values(), 1)
    assert Counter(await _said_of(system, "ticket_admitted")) == Counter(map(str, promised.admitted.values()))


async def _said_of(system: RealSystem, what: str) -> list[str]:
    """The orders or tickets of which ticketing said this, once for every time that it did."""
    query = f"SELECT aggregate_id FROM outbox WHERE type = 'ticketing.{what}.v1'"
    return [str(row["aggregate_id"]) for row in await _rows(system, "ticketing", query)]


def _money_is_all_there(system: RealSystem, promised: Promised) -> None:
    verified = system.command("services.payments", "verify")
    assert verified.returncode == 0, verified.stdout
    findings = {finding["invariant"]: finding for finding in map(json.loads, verified.stdout.splitlines())}
    assert findings["money_in_is_placed"]["detail"]["money_in_vnd"] == promised.money_vnd


def _only_bad_events_are_dead_letters(system: RealSystem, faults: Faults) -> None:
    for service in READS:
        listed = system.command(f"services.{service}", "dead-letters", "list")
        assert listed.returncode == 0, listed.stderr
        assert {json.loads(line)["ce_id"] for line in listed.stdout.splitlines()} == faults.bad_events[service]


async def _the_province_counted_the_same(system: RealSystem) -> None:
    """Analytics has no inbox, was killed as the others were, and has read everything at least twice by now."""
    deadline = time.monotonic() + QUIET_WITHIN_S
    while True:
        verified = await asyncio.to_thread(system.command, "services.analytics", "verify")
        findings = {told["invariant"]: told["detail"] for told in map(json.loads, verified.stdout.splitlines())}
        if findings and findings["offsets_within_log"].get("events_behind") == 0:
            break
        assert time.monotonic() < deadline, f"analytics did not read to the end: {verified.stdout} {verified.stderr}"
    assert verified.returncode == 0, verified.stdout
    settled = "SELECT count(*), coalesce(sum(paid_vnd), 0)::bigint FROM intents WHERE status = 'settled'"
    taken = "SELECT coalesce(sum(payments), 0)::bigint, coalesce(sum(amount_vnd), 0)::bigint FROM day_taken"
    assert await _rows(system, "analytics", taken) == await _rows(system, "payments", settled)
    admitted = "SELECT coalesce(sum(count), 0)::bigint FROM admissions WHERE verdict = 'admitted'"
    entered = "SELECT coalesce(sum(people), 0)::bigint FROM day_entered"
    assert await _rows(system, "analytics", entered) == await _rows(system, "ticketing", admitted)
