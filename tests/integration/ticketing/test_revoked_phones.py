"""A revoked phone hands over what it holds, unread and up to a limit, and learns nothing; nor does another venue."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from services.ticketing.gate.domain.scans import QUARANTINE_FOR, QUARANTINE_SCANS
from services.ticketing.people.domain import Actor
from services.ticketing.people.usecases.phones import RevokePhone, revoke_phone
from shared.clock import utc_now
from shared.ids import PersonId, uuid7
from tests.support.cluster import Cluster
from tests.support.gate import VENUE
from tests.support.gate_doors import Gate, Json, open_gate, scan

PALACE = ("nha-vuong-sa-phin",)


@pytest.fixture
async def at_gate(cluster: Cluster) -> AsyncIterator[Gate]:
    async with open_gate(cluster) as opened:
        yield opened


async def test_a_revoked_phone_hears_the_same_of_every_code_and_nothing_of_any(at_gate: Gate) -> None:
    [ticket] = await at_gate.venue.issue()
    other = "".join("1" if letter == "0" else letter for letter in "0000-0000-00")
    phone = await at_gate.venue.pair("Lost phone")
    await at_gate.lose(phone)
    asked: list[Json] = [
        {"code": ticket.code},
        {"code": ticket.code[:-3] + "000"},
        {"code": None, "short_code": ticket.short_code},
        {"code": None, "short_code": "0000-0000-00"},
        {"code": None, "short_code": other},
        {"code": None, "short_code": "not one"},
    ]
    for verdict in ("admit", None):
        answers = await at_gate.send(phone, *(scan(ticket, verdict=verdict, **what) for what in asked))
        told = {(answer["verdict"], answer["reason"], answer["first_use"], answer["repeated"]) for answer in answers}
        assert told == {("quarantined", None, None, False)}
    assert await at_gate.admitted(ticket) == 0


async def test_the_manager_sees_what_revoked_phones_sent_by_phone_and_ticket(at_gate: Gate) -> None:
    [ticket] = await at_gate.venue.issue()
    phone = await at_gate.venue.pair("Lost phone")
    await at_gate.lose(phone)
    await at_gate.send(phone, scan(ticket, count=2), scan(ticket, code=None, short_code=ticket.short_code))
    seen = (await at_gate.doors.list_conflicts(Actor("manager", (VENUE,)))).quarantined
    assert {(one.gate, one.count, one.short_code) for one in seen} == {
        ("Lost phone", 2, ticket.short_code),
        ("Lost phone", 1, None),
    }
    assert (await at_gate.doors.list_conflicts(Actor("manager", PALACE))).quarantined == []


async def test_a_revoked_phone_writes_only_so_many_scans_for_only_so_long(at_gate: Gate) -> None:
    [ticket] = await at_gate.venue.issue()
    phone = await at_gate.venue.pair("Lost phone")
    command = RevokePhone(PersonId(uuid7()), Actor("operator", ()), phone.device_id)
    await at_gate.venue.unit.run(revoke_phone, command)
    await at_gate.revocations.refresh()
    for _ in range(QUARANTINE_SCANS // 100):
        await at_gate.send(phone, *(scan(ticket, code="another text") for _ in range(100)))
    more = await at_gate.post("/api/gate/scans", phone, {"scans": [scan(ticket)]})
    assert (more.status_code, more.json()["code"]) == (401, "pass_revoked")
    assert await at_gate.venue.pool.fetchval("SELECT count(*) FROM admissions") == QUARANTINE_SCANS

    await at_gate.venue.pool.execute("DELETE FROM admissions")
    await at_gate.venue.pool.execute(
        "UPDATE devices SET revoked_at = $2 WHERE device_id = $1",
        phone.device_id,
        utc_now() - QUARANTINE_FOR - timedelta(minutes=1),
    )
    late = await at_gate.post("/api/gate/scans", phone, {"scans": [scan(ticket)]})
    assert (late.status_code, late.json()["code"]) == (401, "pass_revoked")


async def test_one_upload_of_a_revoked_phone_sent_twice_at_once_is_kept_once(at_gate: Gate) -> None:
    tickets = await at_gate.venue.issue(people=10)
    phone = await at_gate.venue.pair("Lost phone")
    await at_gate.lose(phone)
    scans = [scan(ticket) for ticket in tickets]
    both = await asyncio.gather(at_gate.send(phone, *scans), at_gate.send(phone, *reversed(scans)))
    assert {answer["verdict"] for answers in both for answer in answers} == {"quarantined"}
    assert await at_gate.venue.pool.fetchval("SELECT count(*) FROM admissions") == 10


async def test_another_venues_gate_does_not_learn_of_a_tickets_first_use(at_gate: Gate) -> None:
    [ticket] = await at_gate.venue.issue()
    here, palace = await at_gate.venue.pair("East gate"), await at_gate.venue.pair("Palace", venues=PALACE)
    await at_gate.send(here, scan(ticket))
    asked, walked_in = scan(ticket, verdict=None), scan(ticket)
    answers = await at_gate.send(palace, asked, walked_in)
    assert [(answer["verdict"], answer["reason"]) for answer in answers] == [
        ("refused", "wrong_venue"),
        ("conflict", "wrong_venue"),
    ]
    # Scans that were answered before this rule have the first use written beside them.
    await at_gate.venue.pool.execute(
        "UPDATE admissions SET against = (SELECT scan_id FROM admissions WHERE verdict = 'admitted')"
        " WHERE reason = 'wrong_venue'"
    )
    answers += await at_gate.send(palace, asked, walked_in)
    assert [answer["first_use"] for answer in answers] == [None] * 4
    [conflict] = (await at_gate.manifest(palace))["manifest"]["conflicts"]
    assert (conflict["first_gate"], conflict["first_at"], conflict["first_device_id"]) == ("", None, None)
