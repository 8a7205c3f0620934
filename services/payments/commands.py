"""What an operator runs by hand, and the line tools that let anyone check us from outside."""

import sys
from collections.abc import Sequence

from services.payments import tools
from services.payments.books.store.verification import Finding, verify_books
from shared.process.commands import Arguments, Tool, verify_command
from shared.process.operator import COMMON
from shared.process.roles import Service


def _qr(_arguments: Arguments) -> None:
    tools.qr_lines(sys.stdin.buffer, sys.stdout.buffer)


def _references(_arguments: Arguments) -> None:
    tools.reference_lines(sys.stdin.buffer, sys.stdout.buffer)


async def _findings(service: Service) -> Sequence[Finding]:
    return await verify_books(service.unit.pool)


COMMANDS = (
    Tool(["qr"], _qr),
    Tool(["references"], _references),
    verify_command(_findings),
    *COMMON,
)
