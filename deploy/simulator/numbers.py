"""The province's numbers as lines for a terminal: each with what it was made of and where that came from."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from shared.web.i18n import money, percent


class _Indicator(msgspec.Struct):
    """value_bp: basis points, None while there is nothing to divide by."""

    name: str
    value_bp: int | None
    numerator: int
    denominator: int
    unit: str
    numerator_is: str
    denominator_is: str
    cannot_see: str


class _Sums(msgspec.Struct):
    payments: int
    cashless_payments: int
    amount_vnd: int
    cashless_vnd: int


class _Freshness(msgspec.Struct):
    checked_at: datetime | None
    events_behind: int
    age_s: int | None


class _Overview(msgspec.Struct):
    """What we use of GET /api/province/overview; the rest is ignored."""

    indicators: Sequence[_Indicator]
    total: _Sums
    people: int
    freshness: _Freshness


def is_counted(overview: Mapping[str, object], *, since: datetime) -> bool:
    """Whether analytics has looked for events since then and found none left."""
    fresh = msgspec.convert(overview, _Overview).freshness
    return fresh.checked_at is not None and fresh.checked_at >= since and fresh.events_behind == 0


def lines_of(overview: Mapping[str, object]) -> list[str]:
    """All numbers of today, each followed by its origin."""
    read = msgspec.convert(overview, _Overview)
    total = read.total
    lines = ["\nThe province's numbers of today:"]
    lines += [line for indicator in read.indicators for line in _indicator(indicator)]
    lines += [
        f"  Taken: {money(total.amount_vnd)} in {total.payments} payments, {money(total.cashless_vnd)} of it cashless",
        "      from payments.payment_settled.v1 and payments.cash_recorded.v1, less payments.intent_cancelled.v1",
        f"  People: {read.people}",
        "      from ticketing.ticket_admitted.v1, less what was undone",
        f"  Events not yet counted: {read.freshness.events_behind}; the newest is {read.freshness.age_s} s old",
        "      from Kafka's own offsets against those stored with the numbers",
    ]
    return lines


def _indicator(indicator: _Indicator) -> list[str]:
    value = "nothing to share yet" if indicator.value_bp is None else percent(indicator.value_bp, "en")
    write = money if indicator.unit == "vnd" else str
    return [
        f"  {indicator.name}: {value}",
        f"      {write(indicator.numerator)} ({indicator.numerator_is})",
        f"      of {write(indicator.denominator)} ({indicator.denominator_is}); not seen: {indicator.cannot_see}",
    ]
