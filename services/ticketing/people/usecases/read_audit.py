"""The trail as an operator reads it: newest first, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.ticketing.people.store.audit import Noted, audit_before
from shared.unit.unit import Tx

PAGE = 50
NEWEST = 2**63 - 1
# What may be asked for by itself; a text in both languages stands for each.
ACTIONS = (
    "sign_in_failed",
    "signed_in",
    "signed_out",
    "others_signed_out",
    "person_added",
    "secrets_changed",
    "own_password_changed",
    "own_pin_changed",
    "person_revoked",
    "demo_person_removed",
    "pairing_code_made",
    "phone_paired",
    "phone_renamed",
    "phone_revoked",
)


@dataclass(frozen=True, slots=True)
class ReadAudit:
    """before: the id that the page above ended with; action: "" for all."""

    before: int = NEWEST
    action: str = ""


@dataclass(frozen=True, slots=True)
class AuditPage:
    """older: where the next page begins, None on the last one."""

    lines: Sequence[Noted]
    older: int | None


async def read_audit(tx: Tx, command: ReadAudit, now: datetime) -> AuditPage:
    lines = await audit_before(tx.connection, command.before, command.action, PAGE + 1)
    return AuditPage(lines[:PAGE], lines[PAGE - 1].id if len(lines) > PAGE else None)
