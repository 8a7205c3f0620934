"""`python -m services.analytics <command>`."""

import sys

from services.analytics.app import build
from services.analytics.commands import COMMANDS
from shared.process.commands import main

sys.exit(main(build, sys.argv[1:], COMMANDS))
