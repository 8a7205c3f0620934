"""Commands of `./run`. Each imports its work only when asked, since the packages may have to be installed first."""

import importlib
import os
import sys
from collections.abc import Callable

from deploy.console import Problem, say
from deploy.local.process import DidNotHappen

Command = Callable[[list[str]], int]

# Command, the locked packages that it needs, and where it lives.
OURS = {
    "up": ("run", "deploy.local.up"),
    "reset": ("run", "deploy.local.reset"),
    "logs": ("run", "deploy.local.logs"),
    "secrets": ("run", "deploy.local.secrets"),
    "vendor": ("run", "deploy.local.vendor"),
    "test": ("test", "deploy.tools.checks"),
    "test-long": ("test", "deploy.tools.long_checks"),
    "test-fast": ("test", "deploy.tools.fast_checks"),
}
ELSEWHERE = {
    "demo": ("run", "deploy.simulator.demo"),
    "simulate": ("run", "deploy.simulator.load"),
    "bank": ("run", "deploy.simulator"),
    "bench": ("test", "tests.bench"),
}


def main(arguments: list[str]) -> int:
    """Run one command; its exit code."""
    name, rest = arguments[0], arguments[1:]
    packages, module = (OURS | ELSEWHERE)[name]
    try:
        from deploy.local.requirements import ensure_requirements  # noqa: PLC0415

        ensure_requirements(packages)
        if name in ELSEWHERE:
            os.execv(sys.executable, [sys.executable, "-m", module, *rest])  # noqa: S606
        command: Command = importlib.import_module(module).main
        return command(rest)
    except (Problem, DidNotHappen) as problem:
        say(f"Stopped: {problem}")
    except OSError as error:
        # A full disk, a folder that may not be written: the system's own words are the clear line.
        say(f"Stopped: {error.strerror or error}{f': {error.filename}' if error.filename else ''}")
    except KeyboardInterrupt:
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
