"""What each indicator is, as data, and its value out of sums. The texts stand in web/messages/province.toml.

Shares are basis points, and None where the denominator is 0: nothing taken is not "0 %".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from shared.money import share_basis_points
from shared.web.texts import Spoken

Key = Literal["share_reporting", "coverage", "share_value", "share_count"]
# In the order shown: the honest headline first, then how far it reaches, then the plain shares.
INDICATORS: tuple[Key, ...] = ("share_reporting", "coverage", "share_value", "share_count")


@dataclass(frozen=True, slots=True)
class Sums:
    """Taken in a window: all of it, and the part that was not cash."""

    payments: int = 0
    cashless_payments: int = 0
    amount_vnd: int = 0
    cashless_vnd: int = 0

    @property
    def cash_vnd(self) -> int:
        return self.amount_vnd - self.cashless_vnd

    @property
    def records_cash(self) -> bool:
        """Whether at least one cash sale was recorded."""
        return self.payments > self.cashless_payments

    @property
    def share_value_bp(self) -> int | None:
        return share_basis_points(self.cashless_vnd, self.amount_vnd)

    @property
    def share_count_bp(self) -> int | None:
        return share_basis_points(self.cashless_payments, self.payments)


def add_up(parts: Iterable[Sums]) -> Sums:
    rows = list(parts)
    return Sums(
        sum(row.payments for row in rows),
        sum(row.cashless_payments for row in rows),
        sum(row.amount_vnd for row in rows),
        sum(row.cashless_vnd for row in rows),
    )


@dataclass(frozen=True, slots=True)
class Indicator:
    """One value with what it was made of and what it means."""

    key: Key
    name: str
    value_bp: int | None
    numerator: int
    denominator: int
    unit: Literal["vnd", "payments", "venues"]
    numerator_is: str
    denominator_is: str
    cannot_see: str


def indicators_of(venues: Iterable[Sums], spoken: Spoken) -> list[Indicator]:
    """Indicators 1-4 over the venues of a window, in the order shown."""
    active = [sums for sums in venues if sums.payments]
    reporting = [sums for sums in active if sums.records_cash]
    every, honest = add_up(active), add_up(reporting)
    return [
        _indicator("share_reporting", (honest.cashless_vnd, honest.amount_vnd), "vnd", spoken),
        _indicator("coverage", (len(reporting), len(active)), "venues", spoken),
        _indicator("share_value", (every.cashless_vnd, every.amount_vnd), "vnd", spoken),
        _indicator("share_count", (every.cashless_payments, every.payments), "payments", spoken),
    ]


def _indicator(
    key: Key, part_of: tuple[int, int], unit: Literal["vnd", "payments", "venues"], spoken: Spoken
) -> Indicator:
    numerator, denominator = part_of
    text = f"province.indicator.{key}"
    return Indicator(
        key=key,
        name=spoken.t(f"{text}.name"),
        value_bp=share_basis_points(numerator, denominator),
        numerator=numerator,
        denominator=denominator,
        unit=unit,
        numerator_is=spoken.t(f"{text}.numerator"),
        denominator_is=spoken.t(f"{text}.denominator"),
        cannot_see=spoken.t(f"{text}.cannot_see"),
    )
