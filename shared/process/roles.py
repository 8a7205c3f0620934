"""The roles of a service, one a process or all in one, and how they end in good order."""

import asyncio
import contextlib
import gc
import signal
from collections.abc import Awaitable, Callable, Generator, Sequence
from typing import Any

import uvicorn

from shared.clock import until
from shared.kafka.own_name import OwnName
from shared.observe.log import Log
from shared.process.heads import BoundedHeads
from shared.process.service import Service, Stoppable
from shared.settings import Settings, SettingsWrong
from shared.web.addresses import TRUSTED_PROXIES
from shared.web.app import create_app

log = Log(__name__)
_STOP_LIMIT_S = 20.0


async def run_roles(service: Service, command: str) -> int:
    """Runs the roles until SIGTERM or SIGINT (0), or until one of them ends by itself (1).

    Raises SettingsWrong, at once where a role's key is missing, or after all where one says that it cannot run as it
    was set.
    """
    parts = _parts(service, command)
    # What is built by now stays for ever; no later collection need walk through it, at a gate's cost of milliseconds.
    gc.collect()
    gc.freeze()
    # What a request leaves behind dies by itself; looking for rings after every 700 objects finds next to none.
    gc.set_threshold(10_000, 20, 20)
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    tasks = {asyncio.create_task(part.run(), name=name): part for name, part in parts}
    log.info("started", roles=command, port=service.settings.port)
    waiting = asyncio.create_task(asked.wait())
    done, _ = await asyncio.wait({*tasks, waiting}, return_when=asyncio.FIRST_COMPLETED)
    died = done - {waiting}
    waiting.cancel()
    if service.live is not None:
        service.live.close()
    service.health.closing = True
    for task, part in tasks.items():
        part.stop()
        await asyncio.wait([task], timeout=_STOP_LIMIT_S)
        _tell_end(task, died=task in died)
    for task in tasks.keys() & died:
        if isinstance(wrong := task.exception(), SettingsWrong):
            raise wrong
    return 1 if died else 0


def _tell_end(task: asyncio.Task[None], *, died: bool) -> None:
    if not task.done():
        log.error("role_did_not_stop", role=task.get_name())
        task.cancel()
    elif not task.cancelled() and (error := task.exception()) is not None:
        try:
            raise error
        except SettingsWrong:
            return  # whoever started us says it in its own words
        except type(error):
            log.error("role_failed", role=task.get_name(), with_trace=True)
    elif died:
        log.error("role_ended", role=task.get_name())


def _parts(service: Service, command: str) -> list[tuple[str, Stoppable]]:
    """The parts of a command, in the order in which they are stopped."""
    parts: list[tuple[str, Stoppable]] = []
    if command in ("consume", "run"):
        consumers: Sequence[Stoppable] = service.consumers()
        if (name := service.own_name) is not None:
            consumers = [_Named(consumer, name) for consumer in consumers]
        parts += [(f"consumer-{number}", consumer) for number, consumer in enumerate(consumers)]
        # Given back when all consumers have left.
        parts += [] if name is None else [("own-name", name)]
    serves = command in ("serve", "run") and service.api is not None
    parts.append(("http", _Server(_answers(service, serves=serves), service.settings)))
    background = [*service.background, *(service.beside_pages if serves else ())]
    parts += [(f"background-{number}", _Endless(work)) for number, work in enumerate(background)]
    if command in ("relay", "run") and service.relay is not None:
        parts.append(("relay", service.relay))
    if command != "run":
        parts.append(("waker", _Endless(service.waker.run)))
    return parts


def _answers(service: Service, *, serves: bool) -> Callable[..., Any]:
    """The service's pages where they are served; elsewhere health and metrics, so that no role is out of sight."""
    if serves:
        assert service.api is not None
        return service.api()
    return create_app(service.name, [], service.health.ready, doors=None)


class _Named:
    """A consumer that begins when the process has its name to itself."""

    def __init__(self, consumer: Stoppable, name: OwnName) -> None:
        self._consumer = consumer
        self._name = name
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        await until(self._name.held, self._stopping)
        if not self._stopping.is_set():
            await self._consumer.run()

    def stop(self) -> None:
        self._stopping.set()
        self._consumer.stop()


class _Endless:
    """Work without an end of its own, which may be cut short anywhere."""

    def __init__(self, work: Callable[[], Awaitable[None]]) -> None:
        self._work = work
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        work = asyncio.ensure_future(self._work())
        work.add_done_callback(lambda _: self._stopping.set())
        await until(self._stopping)
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
            http=BoundedHeads,
            log_config=None,
            access_log=False,
            server_header=False,
            forwarded_allow_ips=list(TRUSTED_PROXIES),
            # Longer than the door keeps an idle connection (two minutes), so that it is never closed under a request.
            timeout_keep_alive=150,
            timeout_graceful_shutdown=10,
        )
        self._server = _Quiet(config)

    async def run(self) -> None:
        await self._server.serve()

    def stop(self) -> None:
        self._server.should_exit = True
