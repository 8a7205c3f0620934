"""How often things go wrong on the way from a payer to us, and what the bank then tells. Pure, and seeded."""

import random
from dataclasses import dataclass
from datetime import datetime

from deploy.simulator.noise import bank_noise, lose_reference, typed_by_hand
from deploy.simulator.transfers import Payment, Transfer, book
from shared.money import Dong

_STEP_VND = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Odds:
    """Probabilities, each 0..1. Default: guesses for the province, from what public sources hint at.

    late_s: between these many seconds a late confirmation comes.
    """

    wrong_amount: float = 0.006
    lost_reference: float = 0.02
    typed: float = 0.05
    duplicate: float = 0.005
    late: float = 0.03
    late_s: tuple[float, float] = (60.0, 120.0)

    def __post_init__(self) -> None:
        for chance in (self.wrong_amount, self.lost_reference, self.typed, self.duplicate, self.late):
            assert 0 <= chance <= 1, "a probability lies between 0 and 1"


NOTHING_WRONG = Odds(wrong_amount=0, lost_reference=0, typed=0, duplicate=0, late=0)


@dataclass(frozen=True, slots=True)
class Telling:
    """One message of the bank, so many seconds after the payment."""

    after_s: float
    transfer: Transfer


def tellings(payment: Payment, name: str, odds: Odds, rng: random.Random, now: datetime) -> list[Telling]:
    """What the bank tells of one payment, in order: once, or twice the same. `name` makes it this payment."""
    # Every chance is drawn each time, so that changing one of the odds leaves the others' draws as they were.
    wrong, lost, typed, twice, late = (rng.random() for _ in range(5))
    amount_vnd = _wrong_amount(payment.amount_vnd, rng) if wrong < odds.wrong_amount else payment.amount_vnd
    memo = payment.memo
    if lost < odds.lost_reference:
        memo = lose_reference(memo, rng)
    elif typed < odds.typed:
        memo = typed_by_hand(memo, rng)
    sent = Payment(payment.bank_bin, payment.account, amount_vnd, payment.memo)
    transfer = book(sent, name, bank_noise(memo, rng), now)
    after_s = rng.uniform(*odds.late_s) if late < odds.late else 0.0
    first = Telling(after_s, transfer)
    return [first, Telling(after_s + rng.uniform(0, 5), transfer)] if twice < odds.duplicate else [first]


def _wrong_amount(amount_vnd: Dong, rng: random.Random) -> Dong:
    """Short or over by some thousands, never nothing at all."""
    by_vnd = _STEP_VND * rng.randint(1, 10)
    short = amount_vnd - by_vnd
    return Dong(short if short > 0 and rng.random() < 0.5 else amount_vnd + by_vnd)
