"""Our services' processes without the second of a core that importing them takes: forked from one that has done so.

Else they are as `python -m module arguments` starts them: with an environment, an exit code and signals of their own.
"""

import multiprocessing
import os
import runpy
import signal
import sys
import threading
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from argon2 import PasswordHasher

from shared.settings import SERVICES
from tests.support.waiting import PATIENCE_S

NOWHERE = Path(os.devnull)
_IMPORTED = [f"services.{name}.{part}" for name in SERVICES for part in ("app", "commands")]
_FORKS = multiprocessing.get_context("forkserver")
_BESIDE = ("shared.process.roles", "deploy.simulator.app", "tests.support.small_service", __name__)
_FORKS.set_forkserver_preload([*_IMPORTED, *_BESIDE, "tests.support.frozen"])
_CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def fork(
    module: str, *arguments: str, env: Mapping[str, str], output: Path = NOWHERE, errors: Path | None = None
) -> ForkServerProcess:
    """The running process; what it prints and logs is added to `output`, or its errors to `errors`."""
    process = _FORKS.Process(target=_become, args=(module, arguments, dict(env), output, errors or output), daemon=True)
    process.start()
    return process


def end(process: ForkServerProcess) -> None:
    """Asks it to stop, as an operator does, and waits until it has."""
    process.terminate()
    wait_for(process)


def wait_for(process: ForkServerProcess) -> int:
    """Its exit code, once it has ended."""
    process.join(PATIENCE_S)
    assert process.exitcode is not None, "the process did not end"
    return process.exitcode


def _become(module: str, arguments: tuple[str, ...], env: dict[str, str], output: Path, errors: Path) -> None:
    threading.Thread(target=_end_with_the_tests, daemon=True).start()
    os.environ.clear()
    os.environ.update(env)
    for file, stream in ((output, sys.stdout), (errors, sys.stderr)):
        stream.flush()
        with file.open("ab") as printed:
            os.dup2(printed.fileno(), stream.fileno())
    _make_passwords_cheap()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _make_passwords_cheap() -> None:
    """A password costs a fifth of a second on purpose, and the demo has 22: tests/unit knows the real cost, and so does
    every system that is started as `./run up` starts it.
    """
    from services.ticketing.people.usecases import passwords  # noqa: PLC0415 - preloaded; not wanted where tests run

    passwords._HASHER = _CHEAP
    passwords._NOBODYS = _CHEAP.hash("nobody's")


def _end_with_the_tests() -> None:
    """However they end: a killed run asks nobody to stop."""
    tests = multiprocessing.parent_process()
    assert tests is not None
    tests.join()
    os.kill(os.getpid(), signal.SIGTERM)
