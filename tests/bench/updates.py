"""How many updates stayed in place, as PostgreSQL counts them: on their page, without writing an index."""

import asyncio

from tests.bench.figures import Figure, Number, figure
from tests.bench.subject import Subject

_COUNTED = (
    "SELECT relname, n_tup_upd, n_tup_hot_upd, n_tup_newpage_upd FROM pg_stat_user_tables"
    " WHERE n_tup_upd >= 100 ORDER BY relname"
)
# Of an order's two updates the one that ends it leaves an index, so half is the most.
_WANTED = {"ticketing orders": 25, "ticketing tickets": 75, "ticketing days": 90, "payments intents": 75}
# A session tells of its last transaction when it has been idle for so long (PGSTAT_IDLE_INTERVAL).
TOLD_AFTER_S = 11.0


async def measure_updates(subject: Subject, told_after_s: float = TOLD_AFTER_S) -> list[Figure]:
    """A line for each table with 100 updates or more since the system was made."""
    await asyncio.sleep(told_after_s)
    figures: list[Figure] = []
    for service, database in subject.databases.items():
        for table, made, in_place, moved in await database.fetch(_COUNTED):
            name = f"{service} {table}"
            figures.append(
                figure(
                    f"updates of {name}",
                    Number("in place", 100 * in_place / made, "%", at_least=_WANTED.get(name), is_compared=False),
                    Number("to another page", 100 * moved / made, "%", is_compared=False),
                )
            )
    return figures
