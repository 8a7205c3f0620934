"""Commands of `./run`. Each imports its work only when asked, since the packages may have to be installed first."""

import importlib
import os
import sys
from collections.abc import Callable

from deploy.console import Problem, say
from deploy.local.commands import COMMANDS, Entry
from deploy.local.process import DidNotHappen
from shared.process.usage import asks_for_help, fits, usage
from shared.settings import PROFILE


def main(arguments: list[str]) -> int:
    """Run one command; its exit code."""
    name, rest = arguments[0], arguments[1:]
    entry = COMMANDS.get(name)
    if entry is not None and entry.forms and (asks_for_help(rest) or not any(fits(form, rest) for form in entry.forms)):
        return _give_usage(name, entry, wants_help=asks_for_help(rest))
    try:
        from deploy.local.requirements import ensure_requirements  # noqa: PLC0415

        ensure_requirements("run" if entry is None else entry.packages)
        if entry is None:
            run: Callable[[str, list[str]], int] = importlib.import_module("deploy.local.services").run
            return run(name, rest)
        if entry.is_demo_unless_set:
            os.environ.setdefault(PROFILE.name, "demo")
        if entry.speaks_to_the_system:
            os.environ.update(importlib.import_module("deploy.local.running").settings_of_this_machine() or {})
        return entry.work()(rest)
    except (Problem, DidNotHappen) as problem:
        say(f"Stopped: {problem}")
    except OSError as error:
        # A full disk, a folder that may not be written: the system's own words are the clear line.
        say(f"Stopped: {error.strerror or error}{f': {error.filename}' if error.filename else ''}")
    except KeyboardInterrupt:
        return 130
    return 1


def _give_usage(name: str, entry: Entry, *, wants_help: bool) -> int:
    text = f"{usage(f'./run {name}', entry.forms)}\n{entry.does}"
    print(text, file=sys.stdout if wants_help else sys.stderr)
    return 0 if wants_help else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
