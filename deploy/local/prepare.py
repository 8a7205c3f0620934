"""Makes empty parts ready for the services: topics, tables, reference data. Safe to run again at every start.

`python -m deploy.local.prepare` does it on the parts that the environment names.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

from deploy.local.console import Problem
from deploy.local.paths import LOGS, ROOT
from deploy.local.settings import DATABASES

# Commands of one round have nothing to do with each other and run side by side.
ROUNDS: tuple[tuple[tuple[str, ...], ...], ...] = (
    (("shared.kafka.topics", "create"), *((f"services.{name}", "migrate") for name in DATABASES)),
    tuple((f"services.{name}", "seed") for name in ("ticketing", "payments")),  # analytics only counts what it hears
)


def prepare(env: Mapping[str, str]) -> None:
    """Run every round; the first command that fails ends it with its last line."""
    LOGS.mkdir(parents=True, exist_ok=True)
    for commands in ROUNDS:
        _side_by_side(commands, {**os.environ, **env})


def _side_by_side(commands: Sequence[Sequence[str]], env: Mapping[str, str]) -> None:
    running: list[tuple[str, subprocess.Popen[str]]] = []
    for module, *arguments in commands:
        command = [sys.executable, "-m", module, *arguments]
        process = subprocess.Popen(
            command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        running.append((f"{module} {' '.join(arguments)}", process))
    failures: list[str] = []
    with (LOGS / "prepare.log").open("a", encoding="utf-8") as log:
        for what, process in running:
            said = process.communicate()[0]
            log.write(f"{what}: exit {process.returncode}\n{said}")
            if process.returncode != 0:
                last = said.strip().splitlines()[-1:] or ["no reason given"]
                failures.append(f"`python -m {what}` failed: {last[0][:300]} (whole text: {LOGS / 'prepare.log'})")
    if failures:
        raise Problem(failures[0])


def main() -> int:
    """Prepare the parts that the environment names."""
    prepare({})
    return 0


if __name__ == "__main__":
    sys.exit(main())
