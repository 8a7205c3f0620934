"""`./run ticketing …`, `./run payments …`, `./run analytics …`: a service's commands, on the system that runs.

Standard input, output, signals and exit codes are the command's own.
"""

import importlib
import os
from dataclasses import replace

from deploy.local.paths import LOCAL
from deploy.local.running import command_in_container, names_another, settings_of_this_machine, what_was_tried
from shared import settings as known
from shared.process.commands import CommandLine, give_usage, main


def run(service: str, arguments: list[str]) -> int:
    """Runs one command of the service; its exit code."""
    whole: CommandLine = importlib.import_module(f"services.{service}.__main__").LINE
    line = replace(whole, roles=())  # `./run up` and the containers run those
    if (code := give_usage(line, arguments)) is not None:
        return code
    # Keys are files beside this clone, which containers are only given to read.
    if names_another() or arguments[0] == "keys":
        return main(line, arguments)
    given = settings_of_this_machine()
    if given is None and (container := command_in_container(service)) is not None:
        command = [*container, "python", "-m", f"services.{service}", *arguments]
        os.execvp(command[0], command)  # noqa: S606
    os.environ.update(given or {})
    os.environ.setdefault(known.MOT_CHAM_DATA.name, str(LOCAL))
    return main(line if given else replace(line, tried=what_was_tried()), arguments)
