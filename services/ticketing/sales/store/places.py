"""Places of days as rows: days are locked, changed in memory by the rules, and written; or places are given back."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from services.ticketing.sales.domain.places import Day, Days, Places
from services.ticketing.sales.store import SQL
from shared.ids import OrderId, ProductId
from shared.storage.db import Connection


async def take_turns(connection: Connection, queues: Sequence[int]) -> None:
    """Whoever names one of these numbers waits until this transaction ends; sorted, so that nobody waits in a ring."""
    await connection.execute(SQL["take_turns"], queues)


async def lock_days(connection: Connection, wanted: Iterable[Places], capacities: Mapping[ProductId, int]) -> Days:
    """All days of these places, locked until the transaction ends; capacities: of days nobody asked for yet."""
    keys = sorted({(places.product_id, day) for places in wanted for day in places.days})
    products, days = [product_id for product_id, _ in keys], [day for _, day in keys]
    rows = await connection.fetch(SQL["lock_days"], products, days)
    if len(rows) < len(keys):
        await connection.execute(SQL["make_days"], products, days, [capacities[product_id] for product_id in products])
        rows = await connection.fetch(SQL["lock_days"], products, days)
    return Days(msgspec.convert(dict(row), Day) for row in rows)


async def write_days(connection: Connection, days: Days) -> None:
    """Writes what changed of locked days."""
    if changed := days.changed:
        await connection.execute(
            SQL["write_days"],
            [day.product_id for day in changed],
            [day.day for day in changed],
            [day.held for day in changed],
            [day.sold for day in changed],
            [day.free for day in changed],
        )


async def release_places(connection: Connection, places: Places) -> None:
    """Gives back places that are held."""
    await connection.execute(SQL["release_places"], places.product_id, places.days, places.people)


async def return_places(connection: Connection, places: Places, order_id: OrderId) -> None:
    """Gives back places that this order had bought."""
    await connection.execute(SQL["return_places"], places.product_id, places.days, places.people, order_id)
