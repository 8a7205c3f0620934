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

import uvloop
from aiokafka.errors import KafkaError

from shared.errors import DomainError
from shared.kafka.connection import why_refused
from shared.observe import log as logs
from shared.process.service import ROLES, Service
from shared.process.stores import who_is_away
from shared.process.usage import asks_for_help, fits, usage
from shared.settings import Settings, SettingsWrong
from shared.storage.db import PASSES
from shared.unit.findings import Finding

Arguments = Sequence[str]
log = logs.Log(__name__)
_UNREACHABLE: tuple[type[BaseException], ...] = (*PASSES, KafkaError)
Build = Callable[[Settings], Awaitable[Service]]


class WrongUse(Exception):
    """The arguments are not what the command takes; the text, if any, says what is wrong."""


@dataclass(frozen=True, slots=True)
class Tool:
    """Reads standard input; needs no setting, no server and no event loop. Each form begins with the name."""

    forms: Sequence[str]
    run: Callable[[Arguments], None]


@dataclass(frozen=True, slots=True)
class Command:
    """Uses the service's database or Kafka; the exit code. Each form begins with the name."""

    forms: Sequence[str]
    run: Callable[[Service, Arguments], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class CommandLine:
    """All that a service can be told from a shell. `tried`: where its system was looked for, should none answer."""

    service: str
    build: Build
    entries: Sequence[Tool | Command]
    roles: Sequence[str] = ROLES
    tried: str = ""

    @property
    def forms(self) -> list[str]:
        return [*self.roles, *(form for entry in self.entries for form in entry.forms)]


def main(line: CommandLine, argv: Arguments) -> int:
    """Runs one command; the exit code."""
    if (code := give_usage(line, argv)) is not None:
        return code
    name, arguments = argv[0], argv[1:]
    entry = next((entry for entry in line.entries if _name(entry) == name), None)
    try:
        if isinstance(entry, Tool):
            return _run_tool(entry, arguments)
        return _run(line, entry or name, arguments)
    except SettingsWrong as wrong:
        _complain(str(wrong), line.tried)
        return 2
    except WrongUse as wrong:
        _complain(str(wrong) or usage(f"./run {line.service}", entry.forms if entry else line.forms))
        return 2
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def give_usage(line: CommandLine, argv: Arguments) -> int | None:
    """The exit code after help was shown or wrong words were refused; None when the words name a command to run."""
    wants_help = asks_for_help(argv)
    if not wants_help and any(fits(form, argv) for form in line.forms):
        return None
    own = [form for entry in line.entries if argv and _name(entry) == argv[0] for form in entry.forms]
    print(usage(f"./run {line.service}", own or line.forms), file=sys.stdout if wants_help else sys.stderr)
    return 0 if wants_help else 2


def answer(fields: Mapping[str, object]) -> None:
    """One JSON object on a line of its own, which no text inside it can break."""
    print(json.dumps(fields), flush=True)


def say(line: str) -> None:
    """One line for a person, at once."""
    print(line, flush=True)


def verify_command(find: Callable[[Service], Awaitable[Sequence[Finding]]]) -> Command:
    """`verify`: a line for each invariant, and 1 if one does not hold."""

    async def verify(service: Service, _arguments: Arguments) -> int:
        findings = await find(service)
        for finding in findings:
            answer({"invariant": finding.invariant, "ok": finding.ok, "detail": finding.detail})
        return 0 if all(finding.ok for finding in findings) else 1

    return Command(["verify"], verify)


def _name(entry: Tool | Command) -> str:
    return entry.forms[0].split()[0]


def _complain(*lines: str) -> None:
    for line in filter(None, lines):
        print(line, file=sys.stderr)


def _run_tool(tool: Tool, arguments: Arguments) -> int:
    # As any filter: Ctrl-C and a reader that has seen enough end it without a word.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    if sys.stdin is None:
        raise WrongUse("standard input is closed")
    tool.run(arguments)
    return 0


def _run(line: CommandLine, what: Command | str, arguments: Arguments) -> int:
    """Runs a command, or a role by its name."""
    settings = Settings.read(line.service)
    logs.configure(settings.service, settings.log_level, sys.stdout if isinstance(what, str) else sys.stderr)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if isinstance(what, str):
            return runner.run(_run_roles(line.build, dataclasses.replace(settings, solo=what == "run"), what))
        return runner.run(_run_command(line, settings, what, arguments))


async def _run_roles(build: Build, settings: Settings, role: str) -> int:
    # The web server and its framework: half of a second that no command need wait for.
    from shared.process.roles import run_roles  # noqa: PLC0415

    async with _built(build, settings) as service:
        # Said once, since every client of Kafka's would only say again and again that it finds no broker. What needs no
        # Kafka goes on: a gate must not close over a password, and who only serves has none.
        if role != "serve" and (refused := await why_refused(settings.kafka_bootstrap)) is not None:
            log.error("kafka_refused", detail=refused)
        return await run_roles(service, role)


async def _run_command(line: CommandLine, settings: Settings, command: Command, arguments: Arguments) -> int:
    async with _built(line.build, settings) as service:
        try:
            return await command.run(service, arguments)
        except _UNREACHABLE as error:
            _complain(await who_is_away(service.unit.pool, settings, error), line.tried)
            return 3
        except DomainError as error:
            why = error.fields.get("reason")
            _complain(f"refused: {error.code}" + (f": {why}" if why else ""))
            return 1


@contextlib.asynccontextmanager
async def _built(build: Build, settings: Settings) -> AsyncGenerator[Service]:
    try:
        service = await build(settings)
    except OSError as error:
        if error.filename is None:
            raise
        raise SettingsWrong(f"{error.filename}: {error.strerror}; SECRETS_DIR names another folder") from error
    try:
        yield service
    finally:
        for close in service.closers:
            await close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                await service.unit.pool.close()
