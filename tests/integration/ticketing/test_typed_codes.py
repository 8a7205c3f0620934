"""Typed short codes: the server knows the whole code, a list three salted bytes of it, the same on every day."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from services.ticketing.codes.short_code import draw, grouped
from shared.clock import local_date, utc_now
from tests.support.cluster import Cluster
from tests.support.gate import Phone
from tests.support.gate_doors import Gate, Json, open_gate

PALACE = "nha-vuong-sa-phin"


@pytest.fixture
async def at_gate(cluster: Cluster) -> AsyncIterator[Gate]:
    async with open_gate(cluster) as opened:
        yield opened


async def ask(at_gate: Gate, phone: Phone, code: str, venue_id: str | None = None) -> Json | None:
    answer = await at_gate.post("/api/gate/short-codes", phone, {"short_code": code, "venue_id": venue_id})
    assert answer.status_code == 200, answer.text
    found: Json | None = answer.json()["ticket"]
    return found


async def test_the_server_says_which_ticket_of_the_venue_was_typed(at_gate: Gate) -> None:
    [ticket] = await at_gate.venue.issue()
    here, palace = await at_gate.venue.pair("East gate"), await at_gate.venue.pair("Palace", venues=(PALACE,))
    found = await ask(at_gate, here, grouped(ticket.short_code).lower())  # type: ignore[arg-type]
    [listed] = (await at_gate.manifest(here))["manifest"]["tickets"]
    assert found is not None
    assert listed == {**found, "short_code_hash": listed["short_code_hash"]}
    for nothing in (draw(), "not one", ""):
        assert await ask(at_gate, here, nothing) is None
    assert await ask(at_gate, palace, ticket.short_code) is None
    refused = await at_gate.post("/api/gate/short-codes", here, {"short_code": ticket.short_code, "venue_id": PALACE})
    assert refused.json()["code"] == "venue_forbidden"


async def test_a_removed_phone_cannot_ask(at_gate: Gate) -> None:
    [ticket] = await at_gate.venue.issue()
    phone = await at_gate.venue.pair("Lost phone")
    await at_gate.lose(phone)
    refused = await at_gate.post("/api/gate/short-codes", phone, {"short_code": ticket.short_code})
    assert (refused.status_code, refused.json()["code"]) == (401, "pass_revoked")


async def test_one_code_has_another_hash_for_each_venue_and_day_but_one_for_each_ticket(at_gate: Gate) -> None:
    today = local_date(utc_now())
    tickets = [(await at_gate.venue.issue(visit_on=today + timedelta(days=n)))[0] for n in (0, 1)]
    phone = await at_gate.venue.pair("East gate")
    listed = (await at_gate.manifest(phone))["manifest"]["tickets"]
    assert {len(one["short_code_hash"]) for one in listed} == {6}
    # The same code again, as if it were of the other day.
    before = {one["ticket_id"]: one["short_code_hash"] for one in listed}
    await at_gate.venue.pool.execute(
        "UPDATE tickets SET short_code = short_code || 'X' WHERE ticket_id = $1", tickets[0].ticket_id
    )
    await at_gate.venue.pool.execute(
        "UPDATE tickets SET short_code = $2 WHERE ticket_id = $1", tickets[1].ticket_id, tickets[0].short_code
    )
    after = (await at_gate.manifest(phone))["manifest"]["tickets"]
    [second] = [one for one in after if one["ticket_id"] == str(tickets[1].ticket_id)]
    assert second["short_code_hash"] != before[str(tickets[0].ticket_id)]
