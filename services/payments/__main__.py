"""`python -m services.payments <command>`; people type `./run payments <command>`."""

import sys

from services.payments.commands import COMMANDS
from shared.process.commands import CommandLine, main
from shared.process.service import Service
from shared.settings import Settings


async def build(settings: Settings) -> Service:
    """Imported only now: help and line tools answer without the whole service."""
    from services.payments.app import build as build_all  # noqa: PLC0415

    return await build_all(settings)


LINE = CommandLine("payments", build, COMMANDS)

if __name__ == "__main__":
    sys.exit(main(LINE, sys.argv[1:]))
