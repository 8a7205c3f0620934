"""`python -m services.ticketing <command>`; people type `./run ticketing <command>`."""

import sys

from services.ticketing.commands import COMMANDS
from shared.process.commands import CommandLine, main
from shared.process.service import Service
from shared.settings import Settings


async def build(settings: Settings) -> Service:
    """Imported only now: help and line tools answer without the whole service."""
    from services.ticketing.app import build as build_all  # noqa: PLC0415

    return await build_all(settings)


LINE = CommandLine("ticketing", build, COMMANDS)

if __name__ == "__main__":
    sys.exit(main(LINE, sys.argv[1:]))
