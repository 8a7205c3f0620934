"""Places of days as rows: the one way in which they are held, sold and given back."""

from services.ticketing.sales.domain.places import Places
from services.ticketing.sales.store import SQL
from shared.storage.db import Connection


async def hold_places(connection: Connection, places: Places, daily_capacity: int) -> bool:
    """Holds them on all of their days, or on none and False. daily_capacity: of a day nobody asked for yet."""
    await connection.execute(SQL["make_days"], places.product_id, places.days, daily_capacity)
    # One day is held or not; of several, those that were held are given back.
    savepoint = connection.transaction() if len(places.days) > 1 else None
    if savepoint is not None:
        await savepoint.start()
    taken = await connection.fetch(SQL["take_places"], places.product_id, places.days, places.people)
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


async def fewest_places_left(connection: Connection, places: Places, daily_capacity: int) -> int:
    """How many people would still fit on each of the days; a day nobody asked for yet has its whole capacity."""
    rows = await connection.fetch(SQL["places_left"], places.product_id, places.days)
    return min([int(row["places_left"]) for row in rows] + [daily_capacity])
