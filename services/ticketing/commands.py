"""What an operator runs by hand, and the line tool that lets anyone check a ticket code."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from services.ticketing import undoing
from services.ticketing.codes.tool import verify_lines
from services.ticketing.sales.usecases.revoke_ticket import RevokeTicket, revoke_ticket
from shared.ids import TicketId
from shared.keys.files import PASS_KEYS, TICKET_KEYS, KeyUnreadable, load_public_keys
from shared.keys.new_key import KeyRefused, make_key, use_key
from shared.process.commands import Arguments, Command, Tool, WrongUse, answer, verify_command
from shared.process.operator import COMMON
from shared.process.service import Service
from shared.seed.reader import read_seed
from shared.settings import secrets_dir
from shared.unit.findings import Finding
from shared.unit.seals import verify_audit


def _codes(arguments: Arguments) -> None:
    keys = Path(arguments[1]) if len(arguments) > 1 else secrets_dir(os.environ)
    try:
        public_keys = load_public_keys(keys, TICKET_KEYS)
    except KeyUnreadable as error:
        raise WrongUse(str(error)) from error
    if not public_keys:
        print(f"{keys} holds no ticket-key-<number>.pem, so every signature is by an unknown key", file=sys.stderr)
    verify_lines(sys.stdin.buffer, sys.stdout.buffer, public_keys)


_KEYS = {"ticket": TICKET_KEYS, "pass": PASS_KEYS}
# What a person does next, in this order; docs/runbooks/one-server.md has the whole way.
_NEXT = {
    "new ticket": "start ticketing again; a day later, when every gate has asked, `keys use ticket`",
    "new pass": "start every service again, so that all know the key; then `keys use pass`",
    "use ticket": "start ticketing again; keep the older files until the last day of the last ticket they signed",
    "use pass": "start ticketing again; keep the older files for a year, as long as the pass of a phone lives",
}


def _keys(arguments: Arguments) -> None:
    step, kind = arguments[0], arguments[1]
    folder = Path(arguments[2]) if len(arguments) > 2 else secrets_dir(os.environ)
    try:
        if step == "new":
            key_id, then = make_key(folder, _KEYS[kind]), "published"
        else:
            key_id, then = use_key(folder, _KEYS[kind]), "signs"
    except (KeyRefused, KeyUnreadable) as error:
        raise WrongUse(str(error)) from error
    except OSError as error:
        raise WrongUse(f"{error.filename}: {error.strerror}; name the folder of the secrets") from error
    answer({"key_id": key_id, "at_the_next_start": then, "next": _NEXT[f"{step} {kind}"]})


async def _tickets(service: Service, arguments: Arguments) -> int:
    command = RevokeTicket(TicketId(_uuid(arguments[1])), " ".join(arguments[2:]))
    was_valid = await service.unit.run(revoke_ticket, command)
    answer({"ticket_id": str(command.ticket_id), "outcome": "revoked" if was_valid else "revoked_before"})
    return 0


async def _people(service: Service, _arguments: Arguments) -> int:
    # What looks after people knows the web framework, which takes longer to import than all else here.
    from services.ticketing.people.usecases.demo_people import DemoPeople, remove_demo_people  # noqa: PLC0415

    made_up = DemoPeople([person.person_id for person in read_seed().people])
    removed = await service.unit.run(remove_demo_people, made_up)
    answer({"people_removed": removed.people, "phones_revoked": removed.phones})
    return 0


async def _findings(service: Service) -> Sequence[Finding]:
    return await verify_audit(service.unit.pool)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise WrongUse(f"{text} is no ticket id: it looks like 01936f2a-7c1e-7d3a-9b54-2f6d1c0e8a47") from error


COMMANDS = (
    Tool(["codes verify [<folder of ticket-key-*.pem>]"], _codes),
    Tool([f"keys {step} [<folder of secrets>]" for step in _NEXT], _keys),
    Command(["tickets revoke <ticket id> <reason>..."], _tickets),
    Command([undoing.FORM], undoing.undo),
    Command(["people remove-demo"], _people),
    verify_command(_findings),
    *COMMON,
)
