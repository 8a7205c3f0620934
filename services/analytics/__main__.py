"""`python -m services.analytics <command>`; people type `./run analytics <command>`."""

import sys

from services.analytics.app import build
from services.analytics.commands import COMMANDS
from shared.process.commands import CommandLine, main

LINE = CommandLine("analytics", build, COMMANDS)

if __name__ == "__main__":
    sys.exit(main(LINE, sys.argv[1:]))
