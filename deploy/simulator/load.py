"""`./run simulate`: a seeded day of visitors, pressed into some minutes, through the public doors and the bank."""

import argparse
import asyncio
import math
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta

from deploy.simulator.bank import Bank, BankAway
from deploy.simulator.browser import Browser, DoorRefused
from deploy.simulator.buying import Wish, order, qr_of, tickets_of
from deploy.simulator.odds import Odds, tellings
from deploy.simulator.settings import Settings, SimulatorRefused
from deploy.simulator.transfers import Payment
from shared.clock import local_date, utc_now
from shared.money import Dong

# Entries at the gates by local hour, 07 to 17, per cent; and group sizes. All of them guesses.
HOUR_SHAPE = (5, 9, 13, 14, 10, 5, 7, 12, 13, 9, 3)
GROUPS = ((1, 1, 8), (2, 2, 30), (3, 4, 26), (5, 9, 17), (10, 19, 9), (20, 45, 8), (46, 60, 2))
PRODUCTS = ("cot-co-lung-cu-entry", "nha-vuong-sa-phin-entry", "hang-lung-khuy-entry")
_FIRST_DAYS_AHEAD, _DAYS_AHEAD = 1, 60
_GROUP_TICKET_FROM = 10
_THREADS = 32
_PATIENCE_S = 20.0
_BAR_WIDTH = 30
_REDRAW_S, _LINE_EVERY_S = 0.5, 10.0
_REASONS = {
    "sold_out": "sold out",
    "many_unpaid": "too many unpaid that day",
    "closed_that_day": "closed that day",
    "did not get on": "no ticket in time (reference lost?)",
    "no answer": "no answer",
}


@dataclass(frozen=True, slots=True)
class Arrival:
    """One visitor who comes at_s after the start; draws of their own make what they do independent of the others."""

    at_s: float
    product_id: str
    days_ahead: int
    people: int
    seed: int


@dataclass(slots=True)
class Tally:
    """What became of everybody, and how long they waited, in seconds."""

    outcomes: Counter[str] = field(default_factory=Counter[str])
    waits_s: dict[str, list[float]] = field(default_factory=dict[str, list[float]])

    def waited(self, name: str, since: float) -> None:
        self.waits_s.setdefault(name, []).append(time.monotonic() - since)


def arrivals(rate: float, minutes: float, seed: int) -> Iterator[Arrival]:
    """Everybody in order of coming: a Poisson stream of `rate` a second on average, with the shape of a day."""
    rng = random.Random(seed)
    length_s = minutes * 60
    peak = rate * len(HOUR_SHAPE) * max(HOUR_SHAPE) / sum(HOUR_SHAPE)
    at_s = rng.expovariate(peak)
    while at_s < length_s:
        hour = HOUR_SHAPE[int(at_s / length_s * len(HOUR_SHAPE))]
        if rng.random() < hour / max(HOUR_SHAPE):
            days_ahead = rng.randrange(_FIRST_DAYS_AHEAD, _DAYS_AHEAD)
            yield Arrival(at_s, rng.choice(PRODUCTS), days_ahead, _group_size(rng), rng.getrandbits(32))
        at_s += rng.expovariate(peak)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all do not exceed; nearest rank."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(share * len(ranked)) - 1)]


def main(arguments: list[str]) -> int:
    words = parser()
    asked = words.parse_args(arguments)
    if asked.rate <= 0 or asked.minutes <= 0:
        words.error("--rate and --minutes must be above 0")
    everybody = list(arrivals(asked.rate, asked.minutes, asked.seed))
    print(
        f"{len(everybody)} visitors within {asked.minutes:g} minutes, seed {asked.seed}. Some banks are late,"
        f" so the last tickets come up to {Odds().late_s[1]:.0f} s after that."
    )
    try:
        return asyncio.run(_run(Settings.read(), everybody))
    except (SimulatorRefused, DoorRefused) as problem:
        print(f"Stopped: {problem}")
    return 1


def parser() -> argparse.ArgumentParser:
    """What `./run simulate` takes."""
    words = argparse.ArgumentParser(prog="./run simulate", description=__doc__)
    words.add_argument("--rate", type=float, default=2.0, help="orders a second, on average")
    words.add_argument("--minutes", type=float, default=1.0)
    words.add_argument("--seed", type=int, default=1)
    return words


async def _run(settings: Settings, everybody: list[Arrival]) -> int:
    bank, tally, began = Bank(settings.kafka_bootstrap, settings.topic_prefix), Tally(), time.monotonic()
    with ThreadPoolExecutor(_THREADS) as threads:
        await Browser(settings.public_origin, threads).get("/health/live")
        showing = asyncio.create_task(_show(tally, len(everybody)))
        try:
            async with asyncio.TaskGroup() as group:
                for arrival in everybody:
                    await asyncio.sleep(max(0.0, began + arrival.at_s - time.monotonic()))
                    group.create_task(_visit(Browser(settings.public_origin, threads), bank, arrival, tally))
        finally:
            showing.cancel()
            await bank.close()
    _tell(tally, time.monotonic() - began)
    return 0


async def _visit(browser: Browser, bank: Bank, arrival: Arrival, tally: Tally) -> None:
    rng, ordered_at = random.Random(arrival.seed), time.monotonic()
    mode = "group" if arrival.people >= _GROUP_TICKET_FROM else "per_person"
    visit_on = local_date(utc_now()) + timedelta(days=arrival.days_ahead)
    wish = Wish(arrival.product_id, visit_on, {"adult": arrival.people}, ticket_mode=mode)
    try:
        token = await order(browser, wish)
        qr = await qr_of(browser, token)
        tally.waited("order -> QR", ordered_at)
        payment = Payment.of(qr, Dong(qr.amount_vnd or 0), qr.memo or "")
        told = tellings(payment, f"{token}/{arrival.seed}", Odds(), rng, utc_now())
        told_at = ordered_at
        for telling in told:
            await asyncio.sleep(telling.after_s)
            told_at = time.monotonic()
            await bank.tell(telling.transfer, utc_now())
        heard = told[0].transfer
        if heard.payment.amount_vnd < payment.amount_vnd:
            tally.outcomes["paid too little"] += 1
            return
        await tickets_of(browser, token, _PATIENCE_S)
        if len(told) == 1:
            tally.waited("bank -> ticket", told_at)
        if told[0].after_s == 0:
            tally.waited("order -> ticket", ordered_at)
        tally.outcomes["ticketed"] += 1
    except DoorRefused as refusal:
        # A lost reference waits for a person, and so does its visitor; a full day is no fault either.
        tally.outcomes[_reason(refusal)] += 1
    except BankAway:
        tally.outcomes["bank away"] += 1


def _reason(refusal: DoorRefused) -> str:
    if refusal.status == 503:
        return "told to come back (busy)"
    for code, reason in _REASONS.items():
        if code in str(refusal):
            return reason
    return f"refused ({refusal.status})"


async def _show(tally: Tally, total: int) -> None:
    """A bar that counts finished visitors; where no terminal redraws it, a line now and then."""
    if sys.stdout.isatty():
        while True:
            print(f"\r{_bar(tally.outcomes.total(), total)}", end="", flush=True)
            await asyncio.sleep(_REDRAW_S)
    while True:
        await asyncio.sleep(_LINE_EVERY_S)
        print(_bar(tally.outcomes.total(), total), flush=True)


def _bar(done: int, total: int) -> str:
    filled = _BAR_WIDTH * done // max(total, 1)
    return f"[{'#' * filled}{'.' * (_BAR_WIDTH - filled)}] {done}/{total}"


def _tell(tally: Tally, took_s: float) -> None:
    print(f"\n{tally.outcomes.total()} visitors in {took_s:.0f} s")
    for outcome, count in tally.outcomes.most_common():
        print(f"  {outcome:<36} {count:>7}")
    for name, waits in tally.waits_s.items():
        p50, p99 = (percentile(waits, share) * 1000 for share in (0.5, 0.99))
        print(f"  {name:<18} p50 {p50:8.0f} ms   p99 {p99:8.0f} ms   ({len(waits)} measured)")


def _group_size(rng: random.Random) -> int:
    fewest, most, _ = rng.choices(GROUPS, [weight for _, _, weight in GROUPS])[0]
    return rng.randint(fewest, most)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
