"""The gate rule: what happens when a ticket is shown. One pure function, the same on every side.

services/ticketing/gate/web/static/gate/rules.js is its twin and docs/gate-rule-vectors.json binds both. It must not ask
anybody anything: what this side knows is an argument, so a phone without network decides too.
"""

from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from services.ticketing.codes.ticket_code import UnreadableTicket
from shared.ids import ScanId, TicketId

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class UnknownShortCode(UnreadableTicket):
    """A well-formed short code of no ticket that is known here."""

    code = "unknown_short_code"


class Entitlement(Protocol):
    """What a ticket allows: the claims of a QR, or a manifest's entry for a short code."""

    @property
    def ticket_id(self) -> TicketId: ...
    @property
    def venue_number(self) -> int: ...
    @property
    def product_number(self) -> int: ...
    @property
    def first_day(self) -> date: ...
    @property
    def days(self) -> int: ...
    @property
    def admits(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Gate:
    """Where the ticket is shown, and on which local date. product_numbers None: every product."""

    venue_number: int
    product_numbers: frozenset[int] | None
    today: date


@dataclass(frozen=True, slots=True)
class Use:
    """One accepted scan of a ticket, from whatever gate it was heard. `undone` is never taken back."""

    scan_id: ScanId
    admitted: int
    at: datetime
    gate: str
    undone: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """All that this side has heard so far; one scan may be in `uses` twice, heard on two ways."""

    revoked: Container[TicketId]
    uses: Mapping[TicketId, Sequence[Use]]


@dataclass(frozen=True, slots=True)
class Standing:
    """How one ticket stands: whether it was revoked, and how many people its uses let in that were not undone."""

    is_revoked: bool
    admitted: int
    first_use: Use | None = None


class VerdictKind(StrEnum):
    """What the gate says; docs/ticket-code.md section 7 has the meaning of each."""

    ADMIT = "admit"
    ALREADY_USED = "already_used"
    TOO_MANY = "too_many"
    TOO_EARLY = "too_early"
    EXPIRED = "expired"
    WRONG_VENUE = "wrong_venue"
    WRONG_PRODUCT = "wrong_product"
    REVOKED = "revoked"
    BAD_SIGNATURE = "bad_signature"
    UNKNOWN_KEY = "unknown_key"
    NEWER_CODE = "newer_code"
    NOT_A_TICKET = "not_a_ticket"
    PAYMENT_CODE = "payment_code"
    UNKNOWN_SHORT_CODE = "unknown_short_code"


class Colour(StrEnum):
    """Green: walk in. Amber: a person has to look. Red: no."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


_AMBER = frozenset({VerdictKind.ALREADY_USED, VerdictKind.TOO_MANY, VerdictKind.UNKNOWN_SHORT_CODE})
_VERDICT_OF_CODE = {
    "not_a_ticket": VerdictKind.NOT_A_TICKET,
    "malformed": VerdictKind.NOT_A_TICKET,
    "payment_code": VerdictKind.PAYMENT_CODE,
    "newer_code": VerdictKind.NEWER_CODE,
    "unknown_format": VerdictKind.NEWER_CODE,
    "unknown_key": VerdictKind.UNKNOWN_KEY,
    "bad_signature": VerdictKind.BAD_SIGNATURE,
    "unknown_short_code": VerdictKind.UNKNOWN_SHORT_CODE,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer of a gate.

    remaining: people the ticket still admits after this answer; set for admit, already_used (0)
    and too_many. first_use: the earliest accepted scan, if the ticket has any and was asked for it.
    """

    kind: VerdictKind
    remaining: int | None = None
    first_use: Use | None = None

    @property
    def colour(self) -> Colour:
        if self.kind is VerdictKind.ADMIT:
            return Colour.GREEN
        return Colour.AMBER if self.kind in _AMBER else Colour.RED


def decide(reading: Entitlement | UnreadableTicket, gate: Gate, known: Known, count: int) -> Verdict:
    """The verdict on `count` people (at least 1) who show one ticket here and now."""
    assert count >= 1
    if isinstance(reading, UnreadableTicket):
        return Verdict(_VERDICT_OF_CODE[reading.code])
    uses = _standing_uses(reading, known)
    standing = Standing(
        is_revoked=reading.ticket_id in known.revoked,
        admitted=sum(use.admitted for use in uses),
        first_use=min(uses, key=_earliest, default=None),
    )
    return decide_on(reading, gate, standing, count)


def decide_on(ticket: Entitlement, gate: Gate, standing: Standing, count: int) -> Verdict:
    """The same for a readable ticket of which is known how it stands, as the server's locked row says.

    The order is part of the specification: readable, place, product, revoked, date, uses. What the
    code itself proves comes before what only a well-informed gate knows.
    """
    refusal = _refusal_before_uses(ticket, gate, standing)
    if refusal is not None:
        return Verdict(refusal)
    left = max(0, ticket.admits - standing.admitted)
    if count <= left:
        return Verdict(VerdictKind.ADMIT, left - count, standing.first_use)
    kind = VerdictKind.TOO_MANY if left else VerdictKind.ALREADY_USED
    return Verdict(kind, left, standing.first_use)


def admissions_left(ticket: Entitlement, known: Known) -> int:
    """People that the ticket still admits by what is known here; what a group's counter shows."""
    return max(0, ticket.admits - sum(use.admitted for use in _standing_uses(ticket, known)))


def _refusal_before_uses(ticket: Entitlement, gate: Gate, standing: Standing) -> VerdictKind | None:
    if ticket.venue_number != gate.venue_number:
        return VerdictKind.WRONG_VENUE
    if gate.product_numbers is not None and ticket.product_number not in gate.product_numbers:
        return VerdictKind.WRONG_PRODUCT
    # Before the date: who is told to come back tomorrow would come in vain.
    if standing.is_revoked:
        return VerdictKind.REVOKED
    if gate.today < ticket.first_day:
        return VerdictKind.TOO_EARLY
    if gate.today >= ticket.first_day + timedelta(days=ticket.days):
        return VerdictKind.EXPIRED
    return None


def _standing_uses(ticket: Entitlement, known: Known) -> Collection[Use]:
    """Each scan of the ticket once, without the undone ones."""
    uses = known.uses.get(ticket.ticket_id, ())
    undone = {use.scan_id for use in uses if use.undone}
    return {use.scan_id: use for use in uses if use.scan_id not in undone}.values()


def _earliest(use: Use) -> tuple[int, ScanId]:
    # Whole milliseconds, because JavaScript's clock has no finer ones; the id settles a tie.
    return (use.at - _EPOCH) // timedelta(milliseconds=1), use.scan_id
