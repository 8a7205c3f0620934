"""The commands of a service: its roles, one a process or all in one, and what an operator runs by hand."""

import asyncio
import contextlib
import dataclasses
import gc
import signal
import sys
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import uvicorn
import uvloop

from shared import log as logs
from shared import migrate, outbox
from shared.consumer import Consumer
from shared.db import connect
from shared.dead_letters import DeadLetters
from shared.errors import Poison
from shared.health import Health
from shared.http import create_app
from shared.kafka import Message
from shared.log import Log
from shared.relay import Relay
from shared.settings import Settings, SettingsWrong
from shared.unit import Unit
from shared.wake import Waker

log = Log(__name__)
_ROLES = ("serve", "consume", "relay", "run")
_STOP_LIMIT_S = 20.0
USAGE = """commands: serve | consume | relay | run (all three in one process)
          migrate | seed | dead-letters list | dead-letters replay all|<ce_id>... | outbox resend --since <time>"""

Command = Callable[[list[str]], int | Awaitable[int]]


class Stoppable(Protocol):
    """Runs until it is stopped, and then finishes what it has begun."""

    async def run(self) -> None: ...

    def stop(self) -> None: ...


@dataclass(slots=True, kw_only=True)
class Service:
    """All parts of a service, built by its app.py.

    api is an ASGI app for the role that serves; the others answer for their health on the same port. background runs
    beside every role. `closing` is set first of all at the end, so that open streams end. `commands` get the arguments
    after their name; a plain function runs in a thread.
    """

    name: str
    settings: Settings
    unit: Unit
    waker: Waker
    health: Health
    dead_letters: DeadLetters
    migrations: Path
    api: Callable[..., Any] | None = None
    consumers: Sequence[Stoppable] = ()
    relay: Relay | None = None
    background: Sequence[Callable[[], Awaitable[None]]] = ()
    closers: Sequence[Callable[[], Awaitable[None]]] = ()
    seed: Callable[[], Awaitable[None]] | None = None
    commands: Mapping[str, Command] = field(default_factory=dict[str, Command])
    closing: asyncio.Event = field(default_factory=asyncio.Event)


Build = Callable[[Settings], Awaitable[Service]]


def main(build: Build, argv: Sequence[str], service: str | None = None) -> int:
    """Runs one command; the exit code. The service's name is its package's unless it is given."""
    if not argv:
        print(USAGE, file=sys.stderr)
        return 2
    try:
        settings = Settings.read(service or build.__module__.split(".")[1])
    except SettingsWrong as error:
        print(error, file=sys.stderr)
        return 2
    logs.configure(settings.service, settings.log_level)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_main(build, dataclasses.replace(settings, solo=argv[0] == "run"), list(argv)))


async def _main(build: Build, settings: Settings, argv: list[str]) -> int:
    service = await build(settings)
    try:
        return await (run_roles(service, argv[0]) if argv[0] in _ROLES else _command(service, argv))
    finally:
        for close in service.closers:
            await close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                await service.unit.pool.close()


async def run_roles(service: Service, command: str) -> int:
    """Runs the roles until SIGTERM or SIGINT (0), or until one of them ends by itself (1)."""
    # What is built by now stays for ever; no later collection need walk through it, at a gate's cost of milliseconds.
    gc.collect()
    gc.freeze()
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    parts = _parts(service, command)
    tasks = {asyncio.create_task(part.run(), name=name): part for name, part in parts}
    log.info("started", roles=command, port=service.settings.port)
    waiting = asyncio.create_task(asked.wait())
    done, _ = await asyncio.wait({*tasks, waiting}, return_when=asyncio.FIRST_COMPLETED)
    died = done - {waiting}
    waiting.cancel()
    service.closing.set()
    service.health.closing = True
    for task, part in tasks.items():
        part.stop()
        await asyncio.wait([task], timeout=_STOP_LIMIT_S)
        _tell_end(task, died=task in died)
    return 1 if died else 0


def _tell_end(task: asyncio.Task[None], *, died: bool) -> None:
    if not task.done():
        log.error("role_did_not_stop", role=task.get_name())
        task.cancel()
    elif not task.cancelled() and (error := task.exception()) is not None:
        try:
            raise error
        except type(error):
            log.error("role_failed", role=task.get_name(), with_trace=True)
    elif died:
        log.error("role_ended", role=task.get_name())


def _parts(service: Service, command: str) -> list[tuple[str, Stoppable]]:
    """The parts of a command, in the order in which they are stopped."""
    parts: list[tuple[str, Stoppable]] = []
    if command in ("consume", "run"):
        parts += [(f"consumer-{number}", consumer) for number, consumer in enumerate(service.consumers)]
    parts.append(("http", _Server(_answers(service, command), service.settings)))
    parts += [(f"background-{number}", _Endless(work)) for number, work in enumerate(service.background)]
    if command in ("relay", "run") and service.relay is not None:
        parts.append(("relay", service.relay))
    if command != "run":
        parts.append(("waker", _Endless(service.waker.run)))
    return parts


def _answers(service: Service, command: str) -> Callable[..., Any]:
    """The service's pages where they are served; elsewhere health and metrics, so that no role is out of sight."""
    if command in ("serve", "run") and service.api is not None:
        return service.api
    return create_app(service.name, [], service.health.ready, doors=None)


class _Endless:
    """Work without an end of its own, which may be cut short anywhere."""

    def __init__(self, work: Callable[[], Awaitable[None]]) -> None:
        self._work = work
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        work = asyncio.ensure_future(self._work())
        stop = asyncio.create_task(self._stopping.wait())
        await asyncio.wait([work, stop], return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if work.done():
            await work
        work.cancel()

    def stop(self) -> None:
        self._stopping.set()


class _Quiet(uvicorn.Server):
    """uvicorn without its signal handlers; ours stop the other roles too."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


class _Server:
    """The HTTP role. stop() lets open requests finish."""

    def __init__(self, api: Callable[..., Any], settings: Settings) -> None:
        config = uvicorn.Config(
            api,
            host=settings.host,
            port=settings.port,
            http="httptools",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=10,
        )
        self._server = _Quiet(config)

    async def run(self) -> None:
        await self._server.serve()

    def stop(self) -> None:
        self._server.should_exit = True


async def _command(service: Service, argv: list[str]) -> int:
    match argv:
        case ["migrate"]:
            for name in await migrate.migrate(service.settings.database_url, service.migrations):
                print(f"{service.name}: {name}")
        case ["seed"]:
            await _seed(service)
        case ["dead-letters", "list"]:
            for letter in await service.dead_letters.read():
                message = letter.message
                place = f"{message.topic}/{message.partition}/{message.offset}"
                print(
                    message.ce_id, message.ce_type, letter.reason, place, "replayed" if letter.replayed else "waiting"
                )
        case ["dead-letters", "replay", *ce_ids] if ce_ids:
            outcomes = await service.dead_letters.replay(_handler(service), None if ce_ids == ["all"] else ce_ids)
            for ce_id, outcome in outcomes.items():
                print(ce_id, outcome)
            return 0 if all(outcome.startswith("done") for outcome in outcomes.values()) else 1
        case ["outbox", "resend", "--since", since]:
            return await _resend(service, since)
        case [name, *arguments] if name in service.commands:
            result = await asyncio.to_thread(service.commands[name], arguments)
            return result if isinstance(result, int) else await result
        case _:
            print("\n          ".join([USAGE, *service.commands]), file=sys.stderr)
            return 2
    return 0


async def _seed(service: Service) -> None:
    """Nothing to do for a service without reference data: `./run up` asks every one."""
    if service.seed is not None:
        await service.seed()


async def _resend(service: Service, since: str) -> int:
    at = datetime.fromisoformat(since)
    if at.tzinfo is None:
        print("--since needs a time with its zone, as 2026-02-17T08:00:00+07:00", file=sys.stderr)
        return 2
    connection = await connect(service.settings.database_url, f"{service.name}-resend")
    try:
        print(await outbox.resend_since(connection, at), "events will be sent again")
    finally:
        await connection.close()
    return 0


def _handler(service: Service) -> Callable[[Message], Awaitable[None]]:
    """Hands a dead letter to the consumer that reads its topic."""
    consumers = [consumer for consumer in service.consumers if isinstance(consumer, Consumer)]

    async def handle(message: Message) -> None:
        for consumer in consumers:
            if message.topic in consumer.topics:
                return await consumer.handle(message)
        raise Poison("unknown_topic", message.topic)

    return handle
