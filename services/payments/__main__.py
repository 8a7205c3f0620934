"""`python -m services.payments <command>`."""

import sys

from services.payments.app import build
from services.payments.commands import COMMANDS
from shared.process.commands import main

sys.exit(main(build, sys.argv[1:], COMMANDS))
