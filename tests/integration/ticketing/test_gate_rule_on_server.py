"""The server admits by the same rule as every gate: the vectors and the rule itself, asked through sync_scans."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.ticketing.gate.domain.rule import Gate, Known, Use, VerdictKind, decide
from services.ticketing.gate.domain.scans import AdmittedTicket, Answer, Scan
from services.ticketing.gate.usecases.sync_scans import SyncScans, TakenScan, sync_scans
from services.ticketing.sales.domain.tickets import Ticket
from services.ticketing.sales.usecases.revoke_ticket import RevokeTicket, revoke_ticket
from shared.clock import ZONE
from shared.ids import ScanId, TicketId, VenueId, uuid7
from shared.storage.db import create_pool
from shared.unit.unit import Unit
from shared.unit.wake import Waker
from tests.support.batches import alone
from tests.support.cluster import Cluster
from tests.support.gate import MIGRATIONS, VENUE, Phone, Venue, furnish_venue, venue_in
from tests.support.scope import examples
from tests.support.ticket_vectors import RULES, use_of

HERE, ELSEWHERE = VenueId(VENUE), VenueId("nha-vuong-sa-phin")
# Later than every vector, so that no scan is one from the future.
NOW = datetime(2030, 1, 1, tzinfo=UTC)
# What the server is asked of: tickets that can be read, at gates for all products of their venue.
# The server counts people whom a ticket covered; phones count all who walked in, so after a conflict they differ.
AFTER_A_CONFLICT = "a group over its number after a conflict"
READABLE = [
    vector
    for vector in RULES
    if "claims" in vector["reading"]
    and vector["verdict"]["kind"] != "wrong_product"
    and vector["name"] != AFTER_A_CONFLICT
]
# With these verdicts people who walked in were not covered by the ticket.
NOT_COVERED = {"already_used", "too_many", "revoked", "wrong_venue"}


@dataclass(slots=True)
class Server:
    venue: Venue
    phone: Phone

    def scan_at(self, at: datetime, venue_id: VenueId = HERE, *, count: int = 1) -> Scan:
        return Scan(
            scan_id=ScanId(uuid7()), venue_id=venue_id, device_id=self.phone.device_id, count=count, occurred_at=at
        )

    async def sends(self, scan: Scan, ticket: Ticket) -> Answer:
        """The server's answer to the scan of this ticket's code."""
        keys = {1: self.venue.signer.private_key.public_key()}
        sync = alone(partial(sync_scans, catalogue=lambda: self.venue.catalogue, public_keys=keys))
        [answer] = await self.venue.unit.run(sync, SyncScans((TakenScan(scan, ticket.code, None),)))
        return answer

    async def left(self, ticket: Ticket) -> int:
        return int(
            await self.venue.pool.fetchval(
                "SELECT admits - admitted FROM tickets WHERE ticket_id = $1", ticket.ticket_id
            )
        )

    async def make(self, ticket: Ticket, claims: dict[str, Any], known: dict[str, Any]) -> None:
        """The ticket gets these claims, uses and status, as a vector says; what did not fit any more was a conflict."""
        await self.venue.pool.execute("TRUNCATE admissions")
        uses = [use_of(use) for use in known["uses"].get(claims["ticket_id"], ())]
        undone = {use.scan_id for use in uses if use.undone}
        admitted = 0
        for use in sorted({use.scan_id: use for use in uses}.values(), key=earliest):
            fits = use.scan_id not in undone and admitted + use.admitted <= claims["admits"]
            admitted += use.admitted if fits else 0
            await self.venue.pool.execute(
                "INSERT INTO admissions (scan_id, venue_id, device_id, ticket_id, count, verdict, offline, occurred_at,"
                " recorded_at, changed_at, undone_at) VALUES ($1, $2, $3, $4, $5, $6, true, $7, $7, $7, $8)",
                *(use.scan_id, HERE, self.phone.device_id, ticket.ticket_id, use.admitted),
                *("admitted" if fits or use.scan_id in undone else "conflict", use.at),
                use.at if use.scan_id in undone else None,
            )
        await self.venue.pool.execute(
            "UPDATE tickets SET valid_from = $2, days = $3, admits = $4, admitted = $5, status = $6, version = 2"
            " WHERE ticket_id = $1",
            *(ticket.ticket_id, date.fromisoformat(claims["first_day"]), claims["days"], claims["admits"], admitted),
            "revoked" if claims["ticket_id"] in known["revoked"] else "valid",
        )


@pytest.fixture
async def server(cluster: Cluster) -> AsyncIterator[Server]:
    async with cluster.database("rule", MIGRATIONS, furnish_venue) as url:
        pool = await create_pool(url, "rule", 4)
        venue = await venue_in(Unit(pool, "ticketing", "ticketing.events", lambda: NOW, Waker(url, solo=True)))
        yield Server(venue, await venue.pair("East gate"))
        await pool.close()


def earliest(use: Use) -> tuple[datetime, ScanId]:
    return use.at.replace(microsecond=use.at.microsecond // 1000 * 1000), use.scan_id


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), ZONE).astimezone(UTC)


@pytest.mark.parametrize("phone_verdict", [None, "admit"])
async def test_the_server_says_of_a_ticket_what_the_vector_says(server: Server, phone_verdict: str | None) -> None:
    [ticket] = await server.venue.issue()
    told: dict[str, object] = {}
    expected: dict[str, object] = {}
    for vector in READABLE:
        claims, gate, verdict = vector["reading"]["claims"], vector["gate"], vector["verdict"]
        await server.make(ticket, claims, vector["known"])
        venue_id = HERE if gate["venue_number"] == claims["venue_number"] else ELSEWHERE
        scan = server.scan_at(noon(date.fromisoformat(gate["today"])), venue_id, count=vector["count"])
        answer = await server.sends(replace(scan, phone_verdict=phone_verdict), ticket)
        is_conflict = phone_verdict is not None and verdict["kind"] in NOT_COVERED
        told[vector["name"]] = (
            "admit" if answer.verdict == "admitted" else answer.reason,
            answer.verdict == "conflict",
            # The first use stands beside every refusal that has one; the rule says it where it was asked for uses.
            answer.first_use is not None and verdict["first_use"] is not None and str(answer.first_use.scan_id),
            verdict["remaining"] is not None and await server.left(ticket),
        )
        refused_for_uses = verdict["kind"] != "admit" and verdict["first_use"] is not None
        expected[vector["name"]] = (
            verdict["kind"],
            is_conflict,
            refused_for_uses and verdict["first_use"]["scan_id"],
            verdict["remaining"] is not None and verdict["remaining"],
        )
    assert told == expected


async def test_of_two_uses_within_a_millisecond_the_one_with_the_smaller_scan_id_is_the_first(server: Server) -> None:
    [ticket] = await server.venue.issue(people=2, mode="group")
    today = noon(ticket.valid_from)
    larger = ScanId(uuid7())
    smaller = ScanId(UUID(int=larger.int - 1))
    for scan_id, later_us in ((larger, 100), (smaller, 900)):
        scan = server.scan_at(today + timedelta(microseconds=later_us))
        await server.sends(replace(scan, scan_id=scan_id), ticket)

    refused = await server.sends(server.scan_at(today + timedelta(hours=1)), ticket)

    assert refused.first_use is not None
    assert refused.first_use.scan_id == smaller


SCANS = st.lists(
    st.tuples(st.integers(-1, 3), st.integers(1, 4), st.sampled_from([HERE, HERE, HERE, ELSEWHERE]), st.booleans()),
    min_size=1,
    max_size=8,
)


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scans=SCANS, revoked_before=st.integers(0, 12))
async def test_whatever_is_scanned_the_server_answers_by_the_rule_on_what_it_counted(
    server: Server, scans: list[tuple[int, int, VenueId, bool]], revoked_before: int
) -> None:
    [ticket] = await server.venue.issue(people=5, mode="group")
    venues = server.venue.catalogue.venues
    entitlement = AdmittedTicket(
        ticket.ticket_id, venues[HERE].number, 1, ticket.valid_from, ticket.days, ticket.admits
    )
    uses: list[Use] = []
    for number, (days_later, count, venue_id, let_in) in enumerate(scans):
        if number == revoked_before:
            await server.venue.unit.run(revoke_ticket, RevokeTicket(ticket.ticket_id, "a test"))
        revoked = {ticket.ticket_id} if number >= revoked_before else set[TicketId]()
        today = ticket.valid_from + timedelta(days=days_later)
        known = Known(revoked, {ticket.ticket_id: uses})
        kind = decide(entitlement, Gate(venues[venue_id].number, None, today), known, count).kind

        scan = server.scan_at(noon(today), venue_id, count=count)
        answer = await server.sends(replace(scan, phone_verdict="admit" if let_in else None), ticket)

        assert (answer.verdict == "admitted") == (kind is VerdictKind.ADMIT)
        assert (answer.verdict == "conflict") == (let_in and kind in NOT_COVERED)
        assert answer.reason == (None if kind is VerdictKind.ADMIT else kind)
        if kind is VerdictKind.ADMIT:
            uses.append(Use(answer.scan_id, count, noon(today), "East gate"))
        assert await server.left(ticket) == ticket.admits - sum(use.admitted for use in uses)
