"""`python -m services.ticketing <command>`; people type `./run ticketing <command>`."""

import sys

from services.ticketing.app import build
from services.ticketing.commands import COMMANDS
from shared.process.commands import CommandLine, main

LINE = CommandLine("ticketing", build, COMMANDS)

if __name__ == "__main__":
    sys.exit(main(LINE, sys.argv[1:]))
