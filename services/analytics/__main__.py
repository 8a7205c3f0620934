"""`python -m services.analytics <command>`."""

import sys

from services.analytics.app import build
from shared.roles import main

sys.exit(main(build, sys.argv[1:]))
