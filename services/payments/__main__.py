"""`python -m services.payments <command>`; people type `./run payments <command>`."""

import sys

from services.payments.app import build
from services.payments.commands import COMMANDS
from shared.process.commands import CommandLine, main

LINE = CommandLine("payments", build, COMMANDS)

if __name__ == "__main__":
    sys.exit(main(LINE, sys.argv[1:]))
