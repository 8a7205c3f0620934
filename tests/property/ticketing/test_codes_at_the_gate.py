"""Properties of the gate rule over random histories of one ticket."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.ticketing.codes.ticket_code import Claims
from services.ticketing.gate.domain.rule import Colour, Gate, Known, Use, VerdictKind, decide
from shared.ids import ScanId, TicketId

TICKET = TicketId(UUID(int=7))
TODAY = date(2026, 11, 24)
MORNING = datetime(2026, 11, 24, 1, tzinfo=UTC)
HERE = Gate(venue_number=1, product_numbers=None, today=TODAY)
COUNT = st.integers(1, 12)

tickets = st.builds(
    Claims,
    key_id=st.just(1),
    ticket_id=st.just(TICKET),
    venue_number=st.just(1),
    product_number=st.just(1),
    first_day=st.just(TODAY),
    admits=st.integers(1, 12),
)
histories = st.lists(
    st.builds(
        Use,
        scan_id=st.integers(0, 5).map(lambda value: ScanId(UUID(int=value))),
        admitted=st.integers(1, 4),
        at=st.integers(0, 10).map(lambda minutes: MORNING + timedelta(minutes=minutes)),
        gate=st.sampled_from(["A", "B"]),
        undone=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda use: (use.scan_id, use.undone),
)


def known(uses: list[Use], *, revoked: bool = False) -> Known:
    return Known(frozenset([TICKET] if revoked else []), {TICKET: uses})


@given(tickets, st.lists(COUNT, max_size=20))
def test_a_ticket_never_lets_in_more_people_than_it_admits(ticket: Claims, counts: list[int]) -> None:
    uses: list[Use] = []
    for number, count in enumerate(counts):
        verdict = decide(ticket, HERE, known(uses), count)
        if verdict.colour is Colour.GREEN:
            uses.append(Use(ScanId(UUID(int=number)), count, MORNING, "A"))
            assert verdict.remaining == ticket.admits - sum(use.admitted for use in uses)
    assert sum(use.admitted for use in uses) <= ticket.admits


@given(tickets, histories, COUNT)
def test_it_does_not_matter_in_what_order_or_how_often_uses_were_heard(
    ticket: Claims, uses: list[Use], count: int
) -> None:
    verdict = decide(ticket, HERE, known(uses), count)
    again = decide(ticket, HERE, known([*reversed(uses), *uses]), count)
    assert (again.kind, again.remaining) == (verdict.kind, verdict.remaining)
    assert again.first_use == verdict.first_use


@given(tickets, histories, COUNT)
def test_hearing_of_one_more_admission_never_turns_a_refusal_into_green(
    ticket: Claims, uses: list[Use], count: int
) -> None:
    before = decide(ticket, HERE, known(uses), count)
    more = Use(ScanId(UUID(int=99)), 1, MORNING, "C")
    after = decide(ticket, HERE, known([*uses, more]), count)
    assert before.colour is Colour.GREEN or after.colour is not Colour.GREEN


@given(tickets, histories, COUNT, st.integers(-5, 5), st.integers(1, 2), st.booleans())
def test_green_only_at_the_right_place_on_a_right_day_for_an_unrevoked_ticket(
    ticket: Claims, uses: list[Use], count: int, day: int, venue: int, revoked: bool
) -> None:
    here = Gate(venue, None, TODAY + timedelta(days=day))
    verdict = decide(ticket, here, known(uses, revoked=revoked), count)
    if verdict.kind is VerdictKind.ADMIT:
        assert venue == ticket.venue_number
        assert not revoked
        assert 0 <= day < ticket.days


@given(tickets, COUNT)
def test_undoing_the_only_scan_leaves_the_ticket_as_it_was(ticket: Claims, count: int) -> None:
    scan = Use(ScanId(UUID(int=1)), min(count, ticket.admits), MORNING, "A")
    untouched = decide(ticket, HERE, known([]), count)
    assert decide(ticket, HERE, known([scan, replace(scan, undone=True)]), count) == untouched
