"""The books against themselves: what must hold at any moment, as one snapshot."""

from functools import partial

from services.payments.books.store import SQL
from shared.storage.db import Pool
from shared.unit.findings import Finding

_LIMIT_S = 600  # a statement reads all of a table, and there may be many millions of rows


async def verify_books(pool: Pool) -> list[Finding]:
    """Every rule, read in one repeatable-read snapshot, so that it can run under load."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute(f"SET LOCAL statement_timeout = '{_LIMIT_S}s'")
        row, number = partial(connection.fetchrow, timeout=_LIMIT_S), partial(connection.fetchval, timeout=_LIMIT_S)
        money = await row(SQL["money_in_and_placed"])
        waiting = await row(SQL["suspense_not_as_booked"])
        assert money is not None and waiting is not None  # noqa: PT018 - one row each, always
        placed = {name: int(money[name]) for name in ("allocated_vnd", "suspense_vnd", "refunded_vnd")}
        counts = {
            "transfer_booked_once": int(await number(SQL["transfers_not_booked_once"])),
            "transfer_traceable": int(await number(SQL["transfers_not_traceable"])),
            "cash_apart": int(await number(SQL["cash_not_apart"])),
            "intent_paid_as_booked": int(await number(SQL["intents_not_as_booked"])),
            "order_settled_once": int(await number(SQL["intents_settled_twice"])),
        }
    money_in = int(money["money_in_vnd"])
    return [
        Finding("money_in_is_placed", money_in == sum(placed.values()), {"money_in_vnd": money_in, **placed}),
        Finding(
            "suspense_as_booked",
            waiting["broken"] == 0,
            {name: int(waiting[name]) for name in ("waiting_vnd", "booked_vnd", "broken")},
        ),
        *(Finding(name, count == 0, {"broken": count}) for name, count in counts.items()),
    ]
