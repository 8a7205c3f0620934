"""What an operator runs by hand."""

from collections.abc import Sequence

from services.analytics.stream.rebuild import rebuild
from services.analytics.stream.verify import verify
from shared.process.commands import Arguments, Command, verify_command
from shared.process.operator import COMMON
from shared.process.service import Service
from shared.unit.findings import Finding
from shared.unit.seals import verify_audit


async def _rebuild(service: Service, _arguments: Arguments) -> int:
    await rebuild(service.settings, lambda line: print(line, flush=True))
    return 0


async def _findings(service: Service) -> Sequence[Finding]:
    return [*await verify(service.settings, service.unit.pool), *await verify_audit(service.unit.pool)]


COMMANDS = (Command(["rebuild"], _rebuild), verify_command(_findings), *COMMON)
