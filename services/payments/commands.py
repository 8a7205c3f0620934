"""What an operator runs by hand, and the line tools that let anyone check us from outside."""

import sys
from collections.abc import Sequence

from services.payments import tools
from services.payments.books.store.verification import Finding, verify_books
from shared.process.commands import Arguments, Tool, refuse_arguments, verify_command
from shared.process.roles import Service


def _qr(arguments: Arguments) -> None:
    refuse_arguments(arguments)
    tools.qr_lines(sys.stdin.buffer, sys.stdout.buffer)


def _references(arguments: Arguments) -> None:
    refuse_arguments(arguments)
    tools.reference_lines(sys.stdin.buffer, sys.stdout.buffer)


async def _findings(service: Service) -> Sequence[Finding]:
    return await verify_books(service.unit.pool)


COMMANDS = (
    Tool("qr < transfers.jsonl", _qr),
    Tool("references < memos.txt", _references),
    verify_command(_findings),
)
