"""What an operator can ask of every service: tables, reference data, dead letters, and events said once more."""

from datetime import UTC, datetime

from shared.process.commands import Arguments, Command, WrongUse, answer, say
from shared.process.roles import Service
from shared.storage import migrate
from shared.storage.db import connect
from shared.unit import outbox


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
    if arguments[0] == "list":
        await _list_dead_letters(service)
        return 0
    ce_ids = list(arguments[1:])
    return await _replay(service, None if ce_ids == ["all"] else ce_ids)


async def _list_dead_letters(service: Service) -> None:
    for letter in await service.dead_letters.read():
        message = letter.message
        answer({
            "ce_id": message.ce_id,
            "type": message.ce_type,
            "reason": letter.reason,
            "topic": message.topic,
            "partition": message.partition,
            "offset": message.offset,
            "replayed": letter.replayed,
        })  # fmt: skip


async def _replay(service: Service, ce_ids: list[str] | None) -> int:
    """1 if one failed again or is not there."""
    outcomes = dict(await service.dead_letters.replay(ce_ids))
    unknown = {ce_id: "not_found" for ce_id in ce_ids or () if ce_id not in outcomes}
    for ce_id, outcome in (outcomes | unknown).items():
        answer({"ce_id": ce_id, "outcome": outcome})
    return 0 if all(outcome.startswith("done") for outcome in (outcomes | unknown).values()) else 1


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
    Command(["dead-letters list", "dead-letters replay all", "dead-letters replay <ce_id>..."], _dead_letters),
    Command(["outbox resend --since <time>"], _outbox),
)
