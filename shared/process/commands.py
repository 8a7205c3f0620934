"""The command line of a service: its roles, what an operator runs by hand, and line tools for anyone.

An operator's command answers on standard output, one JSON object a line where there is something to list; what is
logged meanwhile goes to standard error. Exit codes: 0 done; 1 refused, or something found; 2 used wrongly;
3 PostgreSQL or Kafka is away.
"""

import asyncio
import contextlib
import dataclasses
import json
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import uvloop
from aiokafka.errors import KafkaError

from shared.errors import DomainError, Poison
from shared.kafka.consumer import Consumer
from shared.kafka.message import Message
from shared.observe import log as logs
from shared.process.roles import ROLES, Service, run_roles
from shared.settings import Settings, SettingsWrong
from shared.storage import migrate
from shared.storage.db import PASSES, connect
from shared.unit import outbox

Arguments = Sequence[str]
_UNREACHABLE: tuple[type[BaseException], ...] = (*PASSES, KafkaError)
Build = Callable[[Settings], Awaitable[Service]]


class WrongUse(Exception):
    """The arguments are not what the command takes; the text, if any, says what is wrong."""


@dataclass(frozen=True, slots=True)
class Tool:
    """Reads standard input; needs no setting, no server and no event loop. `usage` begins with the name."""

    usage: str
    run: Callable[[Arguments], None]


@dataclass(frozen=True, slots=True)
class Command:
    """Uses the service's database or Kafka; the exit code. `usage` begins with the name."""

    usage: str
    run: Callable[[Service, Arguments], Awaitable[int]]


def main(build: Build, argv: Arguments, own: Sequence[Tool | Command] = (), service: str | None = None) -> int:
    """Runs one command; the exit code. The service's name is its package's unless it is given."""
    known = {entry.usage.split()[0]: entry for entry in (*own, *_COMMON)}
    name, arguments = (argv[0] if argv else ""), argv[1:]
    asks_for_help = name in _HELP or (name in known and list(arguments) in _HELP_ALONE)
    if asks_for_help or not (name in known or name in ROLES):
        usages = [known[name].usage] if name in known else [_ROLES_USAGE, *(entry.usage for entry in known.values())]
        print("usage:", "\n       ".join(usages), file=sys.stdout if asks_for_help else sys.stderr)
        return 0 if asks_for_help else 2
    entry = known.get(name)
    try:
        if isinstance(entry, Tool):
            return _run_tool(entry, arguments)
        settings = Settings.read(service or build.__module__.split(".")[1])
        logs.configure(settings.service, settings.log_level, sys.stdout if entry is None else sys.stderr)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            if entry is None:
                refuse_arguments(arguments)
                return runner.run(_run_roles(build, dataclasses.replace(settings, solo=name == "run"), name))
            return runner.run(_run_command(build, settings, entry, arguments))
    except (SettingsWrong, WrongUse) as wrong:
        print(str(wrong) or f"usage: {entry.usage if entry else _ROLES_USAGE}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def answer(fields: Mapping[str, object]) -> None:
    """One JSON object on a line of its own, which no text inside it can break."""
    print(json.dumps(fields), flush=True)


def refuse_arguments(arguments: Arguments) -> None:
    if arguments:
        raise WrongUse


class Finding(Protocol):
    """One invariant, whether it holds now, and the figures behind it."""

    @property
    def invariant(self) -> str: ...

    @property
    def ok(self) -> bool: ...

    @property
    def detail(self) -> Mapping[str, int | str]: ...


def verify_command(find: Callable[[Service], Awaitable[Sequence[Finding]]]) -> Command:
    """`verify`: a line for each invariant, and 1 if one does not hold."""

    async def verify(service: Service, arguments: Arguments) -> int:
        refuse_arguments(arguments)
        findings = await find(service)
        for finding in findings:
            answer({"invariant": finding.invariant, "ok": finding.ok, "detail": finding.detail})
        return 0 if all(finding.ok for finding in findings) else 1

    return Command("verify", verify)


def _run_tool(tool: Tool, arguments: Arguments) -> int:
    # As any filter: Ctrl-C and a reader that has seen enough end it without a word.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    if sys.stdin is None:
        raise WrongUse("standard input is closed")
    tool.run(arguments)
    return 0


async def _run_roles(build: Build, settings: Settings, role: str) -> int:
    async with _built(build, settings) as service:
        return await run_roles(service, role)


async def _run_command(build: Build, settings: Settings, command: Command, arguments: Arguments) -> int:
    async with _built(build, settings) as service:
        try:
            return await command.run(service, arguments)
        except _UNREACHABLE as error:
            print(f"PostgreSQL or Kafka does not answer: {type(error).__name__} {error}", file=sys.stderr)
            return 3
        except DomainError as error:
            print(f"refused: {error.code}", file=sys.stderr)
            return 1


@contextlib.asynccontextmanager
async def _built(build: Build, settings: Settings) -> AsyncGenerator[Service]:
    service = await build(settings)
    try:
        yield service
    finally:
        for close in service.closers:
            await close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                await service.unit.pool.close()


async def _migrate(service: Service, arguments: Arguments) -> int:
    refuse_arguments(arguments)
    for name in await migrate.migrate(service.settings.database_url, service.migrations):
        print(f"{service.name}: {name}")
    return 0


async def _seed(service: Service, arguments: Arguments) -> int:
    """Nothing to do for a service without reference data: `./run up` asks every one."""
    refuse_arguments(arguments)
    if service.seed is not None:
        await service.seed()
    return 0


async def _dead_letters(service: Service, arguments: Arguments) -> int:
    match list(arguments):
        case ["list"]:
            await _list_dead_letters(service)
            return 0
        case ["replay", *ce_ids] if ce_ids:
            return await _replay(service, None if ce_ids == ["all"] else ce_ids)
        case _:
            raise WrongUse


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
    outcomes = await service.dead_letters.replay(_handler(service), ce_ids)
    unknown = {ce_id: "not_found" for ce_id in ce_ids or () if ce_id not in outcomes}
    for ce_id, outcome in (outcomes | unknown).items():
        answer({"ce_id": ce_id, "outcome": outcome})
    return 0 if all(outcome.startswith("done") for outcome in (outcomes | unknown).values()) else 1


def _handler(service: Service) -> Callable[[Message], Awaitable[None]]:
    """Hands a dead letter to the consumer that reads its topic."""
    consumers = [consumer for consumer in service.consumers if isinstance(consumer, Consumer)]

    async def handle(message: Message) -> None:
        for consumer in consumers:
            if message.topic in consumer.topics:
                return await consumer.handle(message)
        raise Poison("unknown_topic", message.topic)

    return handle


async def _outbox(service: Service, arguments: Arguments) -> int:
    match list(arguments):
        case ["resend", "--since", since]:
            at = _instant(since)
        case _:
            raise WrongUse
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


_HELP = ("-h", "--help", "help")
_HELP_ALONE = [[word] for word in _HELP]
_ROLES_USAGE = " | ".join(ROLES) + " (all three in one process)"
_COMMON = (
    Command("migrate", _migrate),
    Command("seed", _seed),
    Command("dead-letters list | replay all|<ce_id>...", _dead_letters),
    Command("outbox resend --since <time>", _outbox),
)
