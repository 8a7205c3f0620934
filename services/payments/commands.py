"""What an operator runs by hand, and the line tools that let anyone check us from outside."""

import sys
from collections.abc import Sequence

from services.payments import tools
from services.payments.books.store.postings import POSTINGS
from services.payments.books.store.verification import verify_books
from shared.process.commands import Arguments, Tool, verify_command
from shared.process.operator import COMMON
from shared.process.service import Service
from shared.unit.findings import Finding
from shared.unit.seals import AUDIT, verify_seals


def _qr(_arguments: Arguments) -> None:
    tools.qr_lines(sys.stdin.buffer, sys.stdout.buffer)


def _references(_arguments: Arguments) -> None:
    tools.reference_lines(sys.stdin.buffer, sys.stdout.buffer)


async def _findings(service: Service) -> Sequence[Finding]:
    books = await verify_books(service.unit.pool)
    async with service.unit.pool.acquire() as connection:
        return [*books, *[await verify_seals(connection, sealed) for sealed in (POSTINGS, AUDIT)]]


COMMANDS = (
    Tool(["qr"], _qr),
    Tool(["references"], _references),
    verify_command(_findings),
    *COMMON,
)
