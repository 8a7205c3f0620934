"""`python -m services.ticketing <command>`."""

import sys

from services.ticketing.app import build
from shared.roles import main

sys.exit(main(build, sys.argv[1:]))
