"""`python -m services.payments <command>`."""

import sys

from services.payments.app import build
from shared.roles import main

sys.exit(main(build, sys.argv[1:]))
