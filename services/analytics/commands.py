"""What an operator runs by hand."""

from dataclasses import asdict

from services.analytics.rebuild import rebuild
from services.analytics.verify import verify
from shared.commands import Arguments, Command, answer, refuse_arguments
from shared.roles import Service


async def _rebuild(service: Service, arguments: Arguments) -> int:
    refuse_arguments(arguments)
    await rebuild(service.settings, lambda line: print(line, flush=True))
    return 0


async def _verify(service: Service, arguments: Arguments) -> int:
    refuse_arguments(arguments)
    findings = await verify(service.settings, service.unit.pool)
    for finding in findings:
        answer(asdict(finding))
    return 0 if all(finding.ok for finding in findings) else 1


COMMANDS = (Command("rebuild", _rebuild), Command("verify", _verify))
