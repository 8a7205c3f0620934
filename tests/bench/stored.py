"""Tables as full as after years: tickets, orders and transfers, copied from one bought order by plain INSERTs."""

import shutil
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

from deploy.console import Problem, say
from shared.clock import local_date, utc_now
from shared.storage.db import DirectConnection
from tests.bench.subject import Subject
from tests.bench.visitors import DAYS, Wish, bought
from tests.support.gate import PRODUCT

# Of an order with its ticket, intent, transfer, postings and all their indexes; and of PostgreSQL's own log.
BYTES_EACH, BYTES_BESIDE = 3_000, 4_000_000_000
_AT_ONCE = 100_000
# Each row is the bought one's, with other names and on a past day: $1 is the order, $2 to $3 the numbers of the copies.
_ID = "('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid"
_DAY = "current_date - 1 - (n % 1000)::integer"


def _copies(table: str, changed: Mapping[str, str], found: str, *, makes_its_key: bool = False) -> str:
    """The statement that copies what `found` finds in a table, for every number n, with some columns changed."""
    pairs = ", ".join(f"'{column}', {value}" for column, value in changed.items())
    return (
        f"INSERT INTO {table} {'OVERRIDING USER VALUE' if makes_its_key else ''} SELECT copy.* FROM {table} AS one,"
        " generate_series($2::bigint, $3::bigint) AS n,"
        f" LATERAL jsonb_populate_record(one, jsonb_build_object({pairs})) AS copy WHERE {found}"
    )


_INTENT = "(SELECT intent_id::text FROM intents WHERE order_id = $1)"
_PAYING = f"(SELECT source_id FROM postings WHERE credit = 'allocated:' || {_INTENT})"
_OTHER_INTENT = f"replace(%s, {_INTENT}, {_ID}::text)"
_TICKETING = (
    _copies("orders", {"order_id": _ID, "token": "'stored ' || n", "visit_on": _DAY}, "one.order_id = $1"),
    _copies(
        "tickets",
        {"ticket_id": _ID, "order_id": _ID, "short_code": "'stored ' || n", "valid_from": _DAY},
        "one.order_id = $1",
    ),
)
_PAYMENTS = (
    # Dated so late that no seal is due: one on 5000 of them every ten seconds, for hours, would be part of every load.
    _copies(
        "postings",
        {
            "source_id": _ID,
            "at": "now() + interval '100 years'",
            "debit": _OTHER_INTENT % "one.debit",
            "credit": _OTHER_INTENT % "one.credit",
        },
        f"one.source_id = {_PAYING}",
        makes_its_key=True,
    ),
    _copies(
        "transfers",
        {"transfer_id": _ID, "bank_reference": "'stored ' || n", "provider_id": "'stored ' || n"},
        f"one.transfer_id = {_PAYING}",
    ),
    _copies(
        "intents",
        {"intent_id": _ID, "order_id": _ID, "reference": "'stored ' || n", "business_date": _DAY},
        "one.order_id = $1",
    ),
)
_ROOMS = (
    "SELECT relname, option_value FROM pg_class, pg_options_to_table(reloptions)"
    " WHERE relkind = 'r' AND option_name = 'fillfactor'"
)
# A past day has what the bought order's day has, once for each copy that is on it.
_PAST_DAYS = """
INSERT INTO days SELECT copy.*
  FROM days AS one,
       (SELECT visit_on, count(*) AS n FROM orders WHERE token LIKE 'stored %' GROUP BY visit_on) AS past,
       LATERAL jsonb_populate_record(
           one, jsonb_build_object('day', visit_on, 'held', one.held * n, 'sold', one.sold * n)) AS copy
 WHERE one.product_id = $1 AND one.day = $2
"""


def check_space(subject: Subject, count: int) -> None:
    """Says how much space so many take. Raises Problem when the disk has less."""
    needed = count * BYTES_EACH + BYTES_BESIDE
    free = shutil.disk_usage(subject.system.folder).free
    said = (
        f"{count:,} stored tickets, orders and transfers need {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free"
    )
    if free < needed:
        raise Problem(said)
    say(said)


async def store(subject: Subject, count: int) -> None:
    """Fills the tables; `verify` holds as before. Their day is past, so that nobody's phone is told of them."""
    check_space(subject, count)
    wish = Wish(PRODUCT, local_date(utc_now()) + timedelta(DAYS + 20))
    [order] = await bought(subject, wish, 1)
    await subject.settled()
    for service, statements in (("ticketing", _TICKETING), ("payments", _PAYMENTS)):
        async with _without_room(subject.databases[service]) as database:
            for first in range(1, count + 1, _AT_ONCE):
                last = min(first + _AT_ONCE - 1, count)
                for statement in statements:
                    await database.execute(statement, order.order_id, first, last, timeout=600)
    await subject.databases["ticketing"].execute(_PAST_DAYS, wish.product_id, wish.visit_on, timeout=600)
    for service in ("ticketing", "payments"):
        await subject.databases[service].execute("VACUUM ANALYZE", timeout=3600)


@asynccontextmanager
async def _without_room(database: DirectConnection) -> AsyncGenerator[DirectConnection]:
    """The copies are as their rows were in the end, so they need no room on their pages to grow.

    With it, each of their pages would take one more order, which is short when it is placed: years of pages, read anew.
    """
    rooms = await database.fetch(_ROOMS)
    for table, _ in rooms:
        await database.execute(f"ALTER TABLE {table} RESET (fillfactor)")
    yield database
    for table, percent in rooms:
        await database.execute(f"ALTER TABLE {table} SET (fillfactor = {percent})")
