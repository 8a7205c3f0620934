"""What an operator runs by hand, and the line tools that let anyone check us from outside."""

import sys
from dataclasses import asdict

from services.payments import tools
from services.payments.store.verification import verify_books
from shared.commands import Arguments, Command, Tool, answer, refuse_arguments
from shared.roles import Service


def _qr(arguments: Arguments) -> None:
    refuse_arguments(arguments)
    tools.qr_lines(sys.stdin.buffer, sys.stdout.buffer)


def _references(arguments: Arguments) -> None:
    refuse_arguments(arguments)
    tools.reference_lines(sys.stdin.buffer, sys.stdout.buffer)


async def _verify(service: Service, arguments: Arguments) -> int:
    refuse_arguments(arguments)
    findings = await verify_books(service.unit.pool)
    for finding in findings:
        answer(asdict(finding))
    return 0 if all(finding.ok for finding in findings) else 1


COMMANDS = (
    Tool("qr < transfers.jsonl", _qr),
    Tool("references < memos.txt", _references),
    Command("verify", _verify),
)
