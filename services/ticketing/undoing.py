"""`orders undo`: what the operator's words mean, and what is said while orders are undone one by one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from typing import get_args

from services.ticketing.catalogue.store import read_catalogue
from services.ticketing.sales.store.orders import ToUndo
from services.ticketing.sales.usecases.undo_orders import (
    OrdersOfDay,
    Outcome,
    UndoOrder,
    list_orders_to_undo,
    undo_order,
)
from shared.events.words import Channel
from shared.ids import VenueId
from shared.process.commands import Arguments, WrongUse, answer
from shared.process.service import Service

FORM = (
    "orders undo --venue <venue> --day <date> [--from <time>] [--until <time>] [--channel <channel>] [--dry-run]"
    " --reason <word>..."
)
_TOLD_EVERY = 100
_CHANNELS: tuple[Channel, ...] = get_args(Channel)


async def undo(service: Service, arguments: Arguments) -> int:
    """What would be undone, or progress as it is and what came of each; asked again it goes on."""
    words, reason = options_of(arguments[1:])
    wanted = wanted_of(words)
    async with service.unit.pool.acquire() as connection:
        catalogue = await read_catalogue(connection)
        if wanted.venue_id not in catalogue.venues:
            raise WrongUse(f"there is no venue {wanted.venue_id}: its page's address ends in its name")
        found = await list_orders_to_undo(connection, wanted)
    if "--dry-run" in words:
        answer({"dry_run": True, **_foreseen(found)})
        return 0
    outcomes: Counter[Outcome] = Counter()
    usecase = partial(undo_order, catalogue=lambda: catalogue)
    for done, order in enumerate(found, 1):
        outcomes[await service.unit.run(usecase, UndoOrder(order.order_id, reason))] += 1
        if done % _TOLD_EVERY == 0:
            answer({"done": done, "of": len(found)})
    answer({"orders": len(found), **{outcome: outcomes[outcome] for outcome in get_args(Outcome)}})
    return 0


def _foreseen(found: Sequence[ToUndo]) -> Mapping[str, int]:
    return {
        "orders": len(found),
        "people": sum(order.people for order in found),
        "free": sum(order.total_vnd == 0 for order in found),
        "unpaid": sum(order.total_vnd > 0 and order.paid_vnd == 0 for order in found),
        "paid": sum(order.paid_vnd > 0 for order in found),
        "paid_vnd": sum(order.paid_vnd for order in found),
    }


def options_of(arguments: Arguments) -> tuple[Mapping[str, str], str]:
    """Each option with its value, and the reason, which is the last of them and may be many words."""
    at = arguments.index("--reason")
    options = iter(arguments[:at])
    words = {option: "" if option == "--dry-run" else next(options) for option in options}
    return words, " ".join(arguments[at + 1 :])


def wanted_of(words: Mapping[str, str]) -> OrdersOfDay:
    try:
        day = date.fromisoformat(words["--day"])
    except ValueError as error:
        raise WrongUse("--day needs a date, as 2026-02-17") from error
    from_at, until_at = _instant(words, "--from"), _instant(words, "--until")
    return OrdersOfDay(VenueId(words["--venue"]), day, from_at, until_at, _channel(words))


def _channel(words: Mapping[str, str]) -> Channel | None:
    if "--channel" not in words:
        return None
    for channel in _CHANNELS:
        if channel == words["--channel"]:
            return channel
    raise WrongUse(f"--channel is one of {', '.join(_CHANNELS)}")


def _instant(words: Mapping[str, str], option: str) -> datetime | None:
    if option not in words:
        return None
    try:
        at = datetime.fromisoformat(words[option])
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise WrongUse(f"{option} needs a time with its zone, as 2026-02-17T08:00:00+07:00")
