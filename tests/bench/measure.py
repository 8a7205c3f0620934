"""One load, measured: what it manages, what it costs by process beyond rest, and that everything is exact after it."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

from tests.bench import exact
from tests.bench.cpu import GENERATOR, beyond_rest, read
from tests.bench.figures import Figure, Number, figure, ms
from tests.bench.load import Bounds, Load, Outcome, Run
from tests.bench.statements import ON_THE_WAY, Said, logged
from tests.bench.subject import Subject

_GENERATOR_PERCENT = 10
_ANY = Bounds()


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: measured, of the pass that counts statements, before both to grow warm, and at rest."""

    load_s: float = 12
    counted_s: float = 3
    warm_s: float = 2
    rest_s: float = 5


@dataclass(frozen=True, slots=True)
class _Spent:
    """CPU seconds by process beyond rest, and what rest itself takes a second."""

    seconds: Mapping[str, float]
    rest_per_s: Mapping[str, float]


async def measure(subject: Subject, load: Load, pace: Pace) -> list[Figure]:
    """The load's lines of the table. Raises NotExact when a sum does not hold afterwards."""
    before = await exact.sums(subject)
    async with load.ready(
        subject, pace.load_s + pace.counted_s + pace.warm_s if not load.is_paced else pace.load_s
    ) as run:
        limit = "" if load.limit is None else await load.limit(subject)
        if not load.is_paced:
            await run(pace.warm_s)
        await subject.settled()
        outcome, spent = await _measured(subject, run, pace)
        figures = [_rates(load, outcome, limit)]
        if not load.is_paced:
            figures += _costs(load, outcome, spent)
            async with logged(subject) as said:
                counted = await run(pace.counted_s)
                await subject.settled()
            figures += _statements(load, said, counted.units)
    await exact.check(subject, before)
    return figures


async def _measured(subject: Subject, run: Run, pace: Pace) -> tuple[Outcome, _Spent]:
    """Until what the load began is done everywhere, so that work put off is counted too."""
    at_rest = read(subject.system)
    await asyncio.sleep(pace.rest_s)
    before, began = read(subject.system), time.perf_counter()
    rest_per_s = {name: seconds / pace.rest_s for name, seconds in before.since(at_rest).items()}
    outcome = await run(pace.load_s)
    await subject.settled()
    seconds = beyond_rest(read(subject.system).since(before), rest_per_s, time.perf_counter() - began)
    return outcome, _Spent(seconds, rest_per_s)


def _rates(load: Load, outcome: Outcome, limit: str) -> Figure:
    numbers = [] if load.is_paced else [_number(load, "rate", outcome.units / outcome.in_s, "/s")]
    for waited_for, seconds in outcome.waits.items():
        numbers += [
            _number(load, f"{waited_for} p{percent:g}".strip(), ms(seconds, percent), "ms") for percent in load.percents
        ]
    numbers += [Number(name, value, "") for name, value in outcome.said.items() if value]
    return figure(load.what, *numbers, limit=limit)


def _costs(load: Load, outcome: Outcome, spent: _Spent) -> list[Figure]:
    """Of the system without the generator, which has its own line: it shares the machine, so it must be small."""
    each_ms = {name: seconds / outcome.units * 1000 for name, seconds in spent.seconds.items()}
    generator_ms = each_ms.pop(GENERATOR)
    whole_ms = sum(each_ms.values())
    rest = {name: 100 * seconds for name, seconds in spent.rest_per_s.items() if name != GENERATOR}
    share = 100 * generator_ms / (whole_ms + generator_ms)
    return [
        figure(f"  {load.name}: CPU, ms", _number(load, "CPU", whole_ms, "ms"), parts=each_ms),
        figure(
            f"  {load.name}: at rest, subtracted, %",
            Number("", sum(rest.values()), "% of a core", is_compared=False),
            parts=rest,
        ),
        figure(
            f"  {load.name}: generator",
            Number("", generator_ms, "ms", is_compared=False),
            Number("share", share, "%", at_most=_GENERATOR_PERCENT, is_compared=False),
        ),
    ]


def _statements(load: Load, said: Said, units: int) -> list[Figure]:
    """Of a pass of its own; analytics, which counts in batches on no unit's way, is told apart."""
    found: list[Figure] = []
    for name, counted in (("statements", said.statements), ("commits", said.commits)):
        parts = {f"PostgreSQL for {service}": count / units for service, count in counted.items()}
        value = sum(counted[service] for service in ON_THE_WAY) / units
        found.append(figure(f"  {load.name}: {name}", _number(load, name, value, ""), parts=parts))
    return found


def _number(load: Load, name: str, value: float, unit: str) -> Number:
    bounds = load.wanted.get(name, _ANY)
    return Number(name, value, unit, bounds.at_most, bounds.at_least, bounds.times)
