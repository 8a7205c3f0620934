"""`./run test`: every check of the project, and pytest on real parts; `./run test-long`: pytest with all its examples.

The closing line of pytest is the very last line printed, for whoever counts the tests from outside.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from deploy.console import say
from deploy.local.kafka_archive import ensure_archive
from deploy.local.kafka_jars import are_jars_here, kafka_jars
from deploy.local.paths import ROOT
from deploy.local.system import caddy_program, ensure_java
from deploy.local.vendor import ensure_modules, ensure_vendored
from deploy.tools.chromium import chromium_program, missing_packages

TOOLS = Path(sys.executable).parent
PYTHON_FOLDERS = ("deploy", "services", "shared", "tests")
AT_ONCE = 2  # the machine that this is for has two cores
WORKERS = 5  # four keep these cores 86 % busy; the rest is waiting for a screen, a clock or Kafka
# tests/support/company.py says which tests stay together, and tests/conftest.py in which order they come.
SIDE_BY_SIDE = ("-n", str(WORKERS), "--dist", "loadscope", "--no-loadscope-reorder")
_BEHIND = ("nice", "-n", "10")  # what takes the moments in which the tests wait


@dataclass(frozen=True, slots=True)
class Check:
    """One command, and what it looks after."""

    headline: str
    command: Sequence[str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a check went."""

    check: Check
    exit_code: int
    took_s: float
    said: str = ""


def main(arguments: list[str]) -> int:
    """Run everything, or, with arguments, pytest alone on the same preparation."""
    prepare()
    return run_checks([] if arguments else static_checks(), pytest_check(arguments or SIDE_BY_SIDE))


def prepare() -> None:
    """Have all programs and files that the tests use."""
    ensure_java(with_maven=not are_jars_here(), also=missing_packages())
    os.environ["MOT_CHAM_CHROMIUM"] = chromium_program()
    kafka_jars()
    ensure_archive()
    ensure_modules()
    ensure_vendored()
    caddy_program()


def static_checks() -> list[Check]:
    """What needs no server; the longest first, so that two at a time end together.

    import-linter runs among the tests of the architecture.
    """
    migrations = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("s*/**/migrations/*.sql"))
    scripts = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("tests/js/**/*.test.js"))
    return [
        Check("types (mypy)", (_tool("mypy"), *PYTHON_FOLDERS)),
        Check("format (ruff)", (_tool("ruff"), "format", "--check", *PYTHON_FOLDERS)),
        Check("lint (ruff)", (_tool("ruff"), "check", *PYTHON_FOLDERS)),
        Check("types of JavaScript (tsc)", (str(ROOT / "node_modules" / ".bin" / "tsc"), "--noEmit")),
        Check("unit tests of JavaScript (node)", (_tool("node"), "--test", *scripts)),
        Check("migrations (squawk)", (_tool("squawk"), *migrations)),
    ]


def pytest_check(arguments: Sequence[str], what: str = "tests") -> Check:
    """pytest with these arguments; without any, on every test."""
    return Check(f"{what} (pytest)", (sys.executable, "-m", "pytest", *arguments))


def run_checks(checks: Sequence[Check], tests: Check | None = None) -> int:
    """Run the checks, if there are tests behind those; stop at the first failure. Exit code of what failed, or 0."""
    began = time.monotonic()
    closing_line = ""
    if tests is None:
        done = _run_side_by_side(checks, AT_ONCE, lambda: None)
    else:
        done, closing_line = _run_behind(checks, tests)
    say(f"\n{len(done)} of {len(checks) + (tests is not None)} steps in {time.monotonic() - began:.0f} s:")
    for outcome in done:
        say(f"  {'ok    ' if outcome.exit_code == 0 else 'FAILED'} {outcome.took_s:6.1f} s  {outcome.check.headline}")
    if closing_line:
        say(closing_line)
    return next((outcome.exit_code for outcome in done if outcome.exit_code != 0), 0)


def _run_behind(checks: Sequence[Check], tests: Check) -> tuple[list[Outcome], str]:
    """All outcomes, the tests' last, and their closing line. A check that fails ends the tests as Ctrl-C does."""
    say(f"--- {tests.headline}")
    behind = [Check(check.headline, (*_BEHIND, *check.command)) for check in checks]
    with _started(tests) as running, ThreadPoolExecutor(1) as pool:
        others = pool.submit(_run_side_by_side, behind, 1, lambda: running.send_signal(signal.SIGINT))
        outcome, closing_line = _shown(tests, running)
        return [*others.result(), outcome], closing_line


def _run_side_by_side(checks: Sequence[Check], at_once: int, on_failure: Callable[[], None]) -> list[Outcome]:
    """Outcomes as they come; after a failure no further check is begun."""
    done: list[Outcome] = []
    waiting = list(checks)
    running: set[Future[Outcome]] = set()
    with ThreadPoolExecutor(at_once) as pool:
        while running or waiting:
            while waiting and len(running) < at_once:
                running.add(pool.submit(_run_quietly, waiting.pop(0)))
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            for outcome in (future.result() for future in ended):
                done.append(outcome)
                verdict = "ok" if outcome.exit_code == 0 else "FAILED"
                say(f"--- {outcome.check.headline}: {verdict}, {outcome.took_s:.1f} s")
                if outcome.exit_code != 0:
                    say(outcome.said)
                    waiting.clear()
                    on_failure()
    return done


def _run_quietly(check: Check) -> Outcome:
    began = time.monotonic()
    ran = subprocess.run(
        check.command, cwd=ROOT, env=_env(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return Outcome(check, ran.returncode, time.monotonic() - began, ran.stdout)


def _started(check: Check) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        check.command, cwd=ROOT, env=_env(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def _shown(check: Check, running: "subprocess.Popen[str]") -> tuple[Outcome, str]:
    """Show every line as it comes but the last, which is handed back for the very end."""
    began = time.monotonic()
    held_back = ""
    assert running.stdout is not None
    for line in running.stdout:
        if held_back:
            say(held_back)
        held_back = line.rstrip("\n")
    return Outcome(check, running.wait(), time.monotonic() - began), held_back


def _env() -> dict[str, str]:
    """Ours, with the tools of the virtual environment (Node among them) before the machine's."""
    return {**os.environ, "PATH": f"{TOOLS}{os.pathsep}{os.environ.get('PATH', '')}", "PYTHONUNBUFFERED": "1"}


def _tool(name: str) -> str:
    return str(TOOLS / name)
