"""`python -m services.ticketing <command>`."""

import sys

from services.ticketing.app import build
from services.ticketing.commands import COMMANDS
from shared.process.commands import main

sys.exit(main(build, sys.argv[1:], COMMANDS))
