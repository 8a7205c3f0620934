"""The gate rule in Python, against the vectors that bind every gate."""

from datetime import date
from typing import Any

import pytest

from services.ticketing.codes.ticket_code import UnreadableTicket
from services.ticketing.gate.domain import rule as gate
from services.ticketing.gate.domain.rule import Gate, Known, VerdictKind
from shared.ids import TicketId
from tests.support.ticket_vectors import RULES, UNREADABLE, entitlement_of, judge, known_of, name_of, use_of


@pytest.mark.parametrize("vector", RULES, ids=name_of)
def test_the_gate_says_what_the_vector_says(vector: dict[str, Any]) -> None:
    verdict, expected = judge(vector), vector["verdict"]
    assert verdict.kind == expected["kind"]
    assert verdict.colour == expected["colour"]
    assert verdict.remaining == expected["remaining"]
    first_use = expected["first_use"]
    assert verdict.first_use == (first_use and use_of(first_use))


def test_every_verdict_has_a_vector_and_only_admit_is_green() -> None:
    assert {vector["verdict"]["kind"] for vector in RULES} == set(VerdictKind)
    green = {vector["verdict"]["kind"] for vector in RULES if vector["verdict"]["colour"] == "green"}
    assert green == {"admit"}


@pytest.mark.parametrize("kind", UNREADABLE.values())
def test_every_unreadable_ticket_has_a_verdict_and_none_is_green(kind: type[UnreadableTicket]) -> None:
    anywhere = Gate(venue_number=1, product_numbers=None, today=date(2026, 11, 24))
    nothing = Known(revoked=frozenset[TicketId](), uses={})
    assert gate.decide(kind(), anywhere, nothing, 1).colour != "green"


@pytest.mark.parametrize(
    "vector", [vector for vector in RULES if vector["verdict"]["remaining"] is not None], ids=name_of
)
def test_the_counter_of_a_group_is_what_an_admission_would_start_from(vector: dict[str, Any]) -> None:
    left = gate.admissions_left(entitlement_of(vector["reading"]["claims"]), known_of(vector["known"]))
    admitted = vector["count"] if vector["verdict"]["kind"] == "admit" else 0
    assert left == vector["verdict"]["remaining"] + admitted


@pytest.mark.parametrize("count", [0, -1])
def test_a_number_of_people_that_is_none_is_an_error_not_a_verdict(count: int) -> None:
    with pytest.raises(AssertionError):
        judge({**RULES[0], "count": count})
