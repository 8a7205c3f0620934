"""Whether all sums hold after a load: what was made fast must still be right to the last place and ticket."""

from dataclasses import astuple, dataclass

from tests.bench.subject import NotExact, Subject

# These read whole tables; nothing else runs meanwhile.
_TICKETS_WRONG = """
SELECT count(*) FROM orders
  LEFT JOIN (SELECT order_id, count(*) AS tickets FROM tickets GROUP BY order_id) AS has USING (order_id)
 WHERE status IN ('placed', 'ticketed')
   AND coalesce(tickets, 0) <> CASE WHEN status = 'placed' THEN 0 WHEN ticket_mode = 'group' THEN 1 ELSE people END
"""
_DAYS_WRONG = """
SELECT count(*) FROM days
  FULL JOIN (SELECT product_id, day::date AS day, sum(people) AS people
               FROM orders,
                    generate_series(visit_on, visit_on + greatest(nights, 1) - 1, interval '1 day') AS stays (day)
              WHERE status IN ('placed', 'ticketed') GROUP BY product_id, day) AS taken
 USING (product_id, day)
 WHERE coalesce(held + sold, 0) <> coalesce(taken.people, 0)
"""
_ADMITTED = "SELECT coalesce(sum(admitted), 0)::bigint FROM tickets"
_AT_GATES = "SELECT coalesce(sum(count), 0)::bigint FROM admissions WHERE verdict = 'admitted'"
_COUNTED = "SELECT coalesce(sum(people), 0)::bigint FROM entries"
_SCANS = "SELECT count(*) FROM admissions WHERE verdict = 'admitted'"
_SAID = "SELECT count(*) FROM outbox WHERE type LIKE '%ticket_admitted%'"
_COUNTED_SCANS = "SELECT count(*) FROM entries"
_TICKETED = "SELECT count(*) FROM orders WHERE status = 'ticketed' AND total_vnd > 0"
_SETTLED = "SELECT count(*) FROM intents WHERE status = 'settled'"
_TAKEN = "SELECT count(*) FROM payments WHERE tender <> 'cash' AND status = 'settled'"


@dataclass(frozen=True, slots=True)
class Sums:
    """What must grow alike: people let in, scans that did it, and orders paid, each as every part counts it."""

    people: tuple[int, ...]
    scans: tuple[int, ...]
    paid: tuple[int, ...]


async def sums(subject: Subject) -> Sums:
    return Sums(
        people=(
            await _value(subject, "ticketing", _ADMITTED),
            await _value(subject, "ticketing", _AT_GATES),
            await _value(subject, "analytics", _COUNTED),
        ),
        scans=(
            await _value(subject, "ticketing", _SCANS),
            await _value(subject, "ticketing", _SAID),
            await _value(subject, "analytics", _COUNTED_SCANS),
        ),
        paid=(
            await _value(subject, "ticketing", _TICKETED),
            await _value(subject, "payments", _SETTLED),
            await _value(subject, "analytics", _TAKEN),
        ),
    )


async def check(subject: Subject, before: Sums) -> None:
    """Raises NotExact with all that does not hold since `before`, or in what lies there."""
    wrong = uneven(before, await sums(subject))
    if orders := await _value(subject, "ticketing", _TICKETS_WRONG):
        wrong.append(f"{orders} orders have not their tickets")
    if days := await _value(subject, "ticketing", _DAYS_WRONG):
        wrong.append(f"{days} days do not have the places of their orders")
    if wrong:
        raise NotExact("; ".join(wrong))


def uneven(before: Sums, after: Sums) -> list[str]:
    """What did not grow alike; what lay there before a load is not its doing."""
    found: list[str] = []
    for name, earlier, later in zip(Sums.__slots__, astuple(before), astuple(after), strict=True):
        grown = [end - begin for begin, end in zip(earlier, later, strict=True)]
        if len(set(grown)) > 1:
            found.append(f"{name} grew by {' and '.join(map(str, grown))}")
    return found


async def _value(subject: Subject, service: str, question: str) -> int:
    return int(await subject.databases[service].fetchval(question))
