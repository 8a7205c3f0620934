"""Places of days as rows: the one way in which they are held, sold and given back."""

import msgspec

from services.ticketing.sales.domain.places import Bounds, Day, Places
from services.ticketing.sales.store import SQL
from shared.ids import OrderId
from shared.storage.db import Connection


async def hold_places(
    connection: Connection, places: Places, daily_capacity: int, bounds: Bounds, queue: int | None = None
) -> bool:
    """Holds them on all of their days, or on none and False.

    daily_capacity: of a day nobody asked for yet. queue: whoever names the same number waits until this one commits.
    """
    await connection.execute(SQL["make_days"], places.product_id, places.days, daily_capacity, queue)
    # One day is held or not; of several, those that were held are given back.
    savepoint = connection.transaction() if len(places.days) > 1 else None
    if savepoint is not None:
        await savepoint.start()
    taken = await connection.fetch(
        SQL["take_places"],
        places.product_id,
        places.days,
        places.people,
        places.free,
        bounds.counted,
        bounds.unpaid_percent,
        bounds.unpaid_least,
        bounds.free_percent,
        bounds.free_least,
    )
    holds = len(taken) == len(places.days)
    if savepoint is not None:
        await (savepoint.commit() if holds else savepoint.rollback())
    return holds


async def release_places(connection: Connection, places: Places) -> None:
    """Gives back places that are held."""
    await connection.execute(SQL["release_places"], places.product_id, places.days, places.people)


async def sell_places(connection: Connection, places: Places) -> None:
    """Turns places that are held into sold ones."""
    await connection.execute(SQL["sell_places"], places.product_id, places.days, places.people)


async def return_places(connection: Connection, places: Places, order_id: OrderId) -> None:
    """Gives back places that this order had bought."""
    await connection.execute(SQL["return_places"], places.product_id, places.days, places.people, order_id)


async def days_wanted(connection: Connection, places: Places) -> list[Day]:
    """How the days stand of which places were asked for."""
    rows = await connection.fetch(SQL["days_wanted"], places.product_id, places.days)
    return [msgspec.convert(dict(row), Day) for row in rows]
