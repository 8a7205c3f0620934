"""Scans as the events that tell of them: the ticket's whole public state, and what this scan did to it."""

from datetime import datetime
from typing import TypeVar

from services.ticketing.catalogue.domain.products import Venue
from services.ticketing.catalogue.events import place_of
from services.ticketing.gate.domain.scans import Admission, Scan
from services.ticketing.sales.domain.tickets import Ticket
from shared.clock import local_date
from shared.events.ticketing import AdmissionConflicted, AdmissionUndone, TicketAdmitted

S = TypeVar("S", TicketAdmitted, AdmissionConflicted, AdmissionUndone)


def scan_event(kind: type[S], ticket: Ticket, venue: Venue, scan: Scan | Admission, now: datetime) -> S:
    """`scan.happened_at` is when people went in, or when that was taken back; the business date is of that instant."""
    return kind(
        version=ticket.version,
        occurred_at=scan.happened_at,
        recorded_at=now,
        ticket_id=ticket.ticket_id,
        order_id=ticket.order_id,
        place=place_of(venue),
        product_id=ticket.product_id,
        price_kind=ticket.price_kind,
        status=ticket.status,
        valid_from=ticket.valid_from,
        days=ticket.days,
        admits=ticket.admits,
        admitted=ticket.admitted,
        business_date=local_date(scan.happened_at),
        scan_id=scan.scan_id,
        device_id=scan.device_id,
        count=scan.count,
        offline=scan.offline,
    )
