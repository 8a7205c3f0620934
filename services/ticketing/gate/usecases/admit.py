"""Admits one scan of a ticket, as the gate rule says. Called by sync_scans, inside its transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.ticketing.catalogue.domain.catalogue import Catalogue
from services.ticketing.catalogue.domain.products import Venue
from services.ticketing.codes.ticket_code import Claims
from services.ticketing.gate import store
from services.ticketing.gate.domain.rule import Gate, Standing, VerdictKind, decide_on
from services.ticketing.gate.domain.scans import AdmittedTicket, Answer, Scan, answer_by_rule
from services.ticketing.gate.events import scan_event
from services.ticketing.sales.domain.tickets import Ticket
from services.ticketing.sales.states import watched_order
from shared.clock import local_date
from shared.events.ticketing import AdmissionConflicted, TicketAdmitted
from shared.ids import TicketId
from shared.unit.batch import One
from shared.unit.tx import Tx


@dataclass(frozen=True, slots=True)
class Untouched:
    """A scan of a ticket that nobody may have touched yet, and in which request it came."""

    number: int
    asked: One[Any]
    scan: Scan
    claims: Claims


async def admit_untouched(
    tx: Tx, scans: Sequence[Untouched], catalogue: Catalogue, now: datetime
) -> dict[tuple[int, UUID], Answer]:
    """The answers to scans that let whole tickets in, all in one statement, by request and scan; a ticket stands there
    once. What is left out must be asked of the locked ticket.

    What is stored of a ticket is what was signed, so until something changes it (version 1) it stands as its claims
    say and nobody is in. The rule's yes on that holds if the count finds the ticket so; most admissions are like this.
    """
    decided: list[tuple[Scan, Answer]] = []
    for one in scans:
        standing = Standing(is_revoked=False, admitted=0)
        verdict = decide_on(one.claims, _gate_of(one.scan, catalogue), standing, one.scan.count)
        if verdict.kind is VerdictKind.ADMIT and verdict.remaining == 0:
            decided.append((one.scan, answer_by_rule(one.scan, verdict, None)))
    counted = await store.count_untouched(tx.connection, decided, now) if decided else {}
    answers = {scan.scan_id: answer for scan, answer in decided if scan.scan_id in counted}
    for one in scans:
        if (ticket := counted.get(one.scan.scan_id)) is not None:
            one.asked.follow()
            _tell_admitted(tx, one.scan, ticket, catalogue.venues[ticket.venue_id], now)
    return {(one.number, scan_id): answers[scan_id] for one in scans if (scan_id := one.scan.scan_id) in answers}


async def admit(tx: Tx, scan: Scan, tickets: dict[TicketId, Ticket], catalogue: Catalogue, now: datetime) -> Answer:
    """The answer of the gate rule, stored exactly once per scan id with the people that it counts.

    tickets: the locked ones by their ids; the scan's own is there as it stands after the scan.
    """
    assert scan.ticket_id is not None
    ticket = tickets.get(scan.ticket_id)
    if ticket is None:
        answer = Answer(scan_id=scan.scan_id, verdict="unknown", reason="unknown_ticket")
    else:
        answer = await _ask_rule(tx, scan, ticket, catalogue)
    if ticket is not None and answer.changes_ticket:
        after = ticket.let_in(scan.count if answer.verdict == "admitted" else 0)
        if await store.count_scan(tx.connection, scan, answer, after, now):
            tickets[after.ticket_id] = after
            venue = catalogue.venues[after.venue_id]
            if answer.verdict == "admitted":
                _tell_admitted(tx, scan, after, venue, now)
            else:
                tx.emit(scan_event(AdmissionConflicted, after, venue, scan, now))
                tx.touch("venue", scan.venue_id)
            return answer
    elif await store.note_scan(tx.connection, scan, answer, now):
        return answer
    return await store.find_answer(tx.connection, scan.scan_id, scan.device_id)


async def _ask_rule(tx: Tx, scan: Scan, ticket: Ticket, catalogue: Catalogue) -> Answer:
    entitlement = AdmittedTicket(
        ticket_id=ticket.ticket_id,
        venue_number=catalogue.venues[ticket.venue_id].number,
        product_number=catalogue.products[ticket.product_id].number,
        first_day=ticket.valid_from,
        days=ticket.days,
        admits=ticket.admits,
    )
    standing = Standing(is_revoked=ticket.is_revoked, admitted=ticket.admitted)
    verdict = decide_on(entitlement, _gate_of(scan, catalogue), standing, scan.count)
    # Whose venue it is not learns nothing of what happened at the other one.
    if verdict.kind in (VerdictKind.ADMIT, VerdictKind.WRONG_VENUE):
        return answer_by_rule(scan, verdict, None)
    first = await store.first_use_of_ticket(tx.connection, ticket.ticket_id, scan.scan_id)
    return answer_by_rule(scan, verdict, first)


def _gate_of(scan: Scan, catalogue: Catalogue) -> Gate:
    return Gate(catalogue.venues[scan.venue_id].number, None, local_date(scan.occurred_at))


def _tell_admitted(tx: Tx, scan: Scan, ticket: Ticket, venue: Venue, now: datetime) -> None:
    tx.emit(scan_event(TicketAdmitted, ticket, venue, scan, now))
    tx.touch("venue", scan.venue_id)
    tx.touch(*watched_order(ticket.order_id))
