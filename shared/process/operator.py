"""What an operator can ask of every service: tables, reference data, dead letters, consumers, events said once more."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from shared.process.commands import Arguments, Command, WrongUse, answer, say
from shared.process.service import Service
from shared.storage import migrate
from shared.storage.db import connect
from shared.unit import audit, outbox, stopped
from shared.unit.dead_letters import DeadLetter


async def _migrate(service: Service, _arguments: Arguments) -> int:
    for name in await migrate.migrate(service.settings.database_url, service.migrations):
        say(f"{service.name}: {name}")
    return 0


async def _seed(service: Service, _arguments: Arguments) -> int:
    """Nothing to do for a service without reference data: `./run up` asks every one."""
    if service.seed is not None:
        await service.seed()
    return 0


async def _dead_letters(service: Service, arguments: Arguments) -> int:
    box = service.dead_letters
    match arguments:
        case ["list", *also]:
            for letter in await box.newest(also_settled=bool(also)):
                answer(_told(letter))
            return 0
        case ["show", name]:
            letters = await box.find(name)
            for letter in letters:
                answer(_told(letter) | _raw(letter))
            return 0 if letters else _not_found(name)
        case ["settle", "--reason", why, *names]:
            return await _with_each(service, names, lambda letters: box.settle(letters, why))
        case _:
            return await _with_each(service, arguments[1:], box.replay)


async def _with_each(
    service: Service, names: Sequence[str], act: Callable[[Sequence[DeadLetter]], Awaitable[list[str]]]
) -> int:
    """1 if one failed again or is not there."""
    all_well = True
    for name in names:
        letters = await (service.dead_letters.newest() if name == "all" else service.dead_letters.find(name))
        if not letters and name != "all":
            _not_found(name)
            all_well = False
        for letter, outcome in zip(letters, await act(letters), strict=True):
            answer({"ce_id": letter.ce_id, "place": letter.place, "outcome": outcome})
            all_well = all_well and outcome.startswith("done")
    return 0 if all_well else 1


def _not_found(name: str) -> int:
    answer({"name": name, "outcome": "not_found"})
    return 1


def _told(letter: DeadLetter) -> dict[str, object]:
    """What is said of a letter in a list: whose money it is, but nothing of the message itself."""
    return {
        "at": letter.at.isoformat(),
        "ce_id": letter.ce_id,
        "place": letter.place,
        "type": letter.type,
        "reason": letter.reason,
        "detail": letter.detail,
        "last_digits": letter.last_digits,
        "amount_vnd": letter.amount_vnd,
        "settled": letter.settled_how,
        "settled_why": letter.settled_why,
    }


def _raw(letter: DeadLetter) -> dict[str, object]:
    """The message as it came, for a person who decides; None when it is kept no more."""
    return {
        "headers": letter.headers,
        "key": None if letter.key is None else letter.key.decode(errors="backslashreplace"),
        "payload": None if letter.payload is None else letter.payload.decode(errors="backslashreplace"),
    }


async def _consumer(service: Service, arguments: Arguments) -> int:
    unit = service.unit
    if arguments[0] == "status":
        stops = {stop.topic: stop for stop in await stopped.list_stopped(unit.pool, unit.clock())}
        for topic in dict.fromkeys([*(consumer.topic for consumer in service.consumers()), *stops]):
            answer({"topic": topic, **_stop(stops.get(topic))})
        return 0
    topic, _, why = arguments[1:]
    now = unit.clock()
    what: stopped.Order = "resume" if arguments[0] == "resume" else "pass_over"
    async with unit.pool.acquire() as connection, connection.transaction():
        places = await stopped.order(connection, topic, what, now)
        for place in places:
            action = "consumer_resumed" if what == "resume" else "consumer_passed_over"
            await audit.note(connection, now, None, action, place, reason=why)
    for place in places:
        answer({"place": place, "ordered": what})
    if not places:
        answer({"topic": topic, "ordered": "nothing", "why": "it is not stopped; `consumer status` tells of all"})
    return 0 if places else 1


def _stop(stop: stopped.Stopped | None) -> dict[str, object]:
    if stop is None:
        return {"state": "running"}
    return {
        "state": "stopped",
        "place": f"{stop.topic}/{stop.partition}/{stop.log_offset}",
        "reason": stop.reason,
        "detail": stop.detail,
        "since": stop.since.isoformat(),
        "next_try_at": stop.next_try_at.isoformat(),
    }


async def _outbox(service: Service, arguments: Arguments) -> int:
    at = _instant(arguments[-1])
    connection = await connect(service.settings.database_url, f"{service.name}-resend")
    try:
        answer({"events_to_send_again": await outbox.resend_since(connection, at)})
    finally:
        await connection.close()
    return 0


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise WrongUse("--since needs a time with its zone, as 2026-02-17T08:00:00+07:00")


COMMON = (
    Command(["migrate"], _migrate),
    Command(["seed"], _seed),
    Command(
        [
            "dead-letters list [--all]",
            "dead-letters show <id or place>",
            "dead-letters replay all",
            "dead-letters replay <id or place>...",
            "dead-letters settle --reason <why> <id or place>...",
        ],
        _dead_letters,
    ),
    Command(
        [
            "consumer status",
            "consumer resume <topic> --reason <why>",
            "consumer pass-over <topic> --reason <why>",
        ],
        _consumer,
    ),
    Command(["outbox resend --since <time>"], _outbox),
)
