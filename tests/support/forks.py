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

from shared.settings import SERVICES
from tests.support.waiting import PATIENCE_S

NOWHERE = Path(os.devnull)
_IMPORTED = [f"services.{name}.{part}" for name in SERVICES for part in ("app", "commands")]
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([*_IMPORTED, "deploy.simulator.app", __name__])


def fork(module: str, *arguments: str, env: Mapping[str, str], output: Path = NOWHERE) -> ForkServerProcess:
    """The running process; what it prints and logs is added to `output`."""
    process = _FORKS.Process(target=_become, args=(module, arguments, dict(env), output), daemon=True)
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


def _become(module: str, arguments: tuple[str, ...], env: dict[str, str], output: Path) -> None:
    threading.Thread(target=_end_with_the_tests, daemon=True).start()
    os.environ.clear()
    os.environ.update(env)
    with output.open("ab") as printed:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            os.dup2(printed.fileno(), stream.fileno())
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _end_with_the_tests() -> None:
    """However they end: a killed run asks nobody to stop."""
    tests = multiprocessing.parent_process()
    assert tests is not None
    tests.join()
    os.kill(os.getpid(), signal.SIGTERM)
