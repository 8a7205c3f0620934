"""Our services' processes without the second of a core that importing them takes: forked from one that has done so.

Else they are as `python -m module arguments` starts them: with an environment, an exit code and signals of their own.
"""

import ctypes
import multiprocessing
import os
import runpy
import signal
import sys
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from shared.settings import SERVICES
from tests.support.waiting import PATIENCE_S

NOWHERE = Path(os.devnull)
_PR_SET_PDEATHSIG = 1
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
    # Ends with the process it was forked from, which ends with the test run, however that ends.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    os.environ.clear()
    os.environ.update(env)
    with output.open("ab") as printed:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            os.dup2(printed.fileno(), stream.fileno())
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
