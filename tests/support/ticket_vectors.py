"""The vectors of docs/ that bind every scanner, read once for the tests of codes and gates."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.ticketing.codes import ticket_code
from services.ticketing.gate.domain import rule as gate
from services.ticketing.gate.domain.rule import Gate, Known, Use, Verdict
from shared.ids import ScanId, TicketId

_DOCS = Path(__file__).parents[2] / "docs"

CODES: dict[str, Any] = json.loads((_DOCS / "ticket-code-vectors.json").read_text(encoding="utf-8"))
RULES: list[dict[str, Any]] = json.loads((_DOCS / "gate-rule-vectors.json").read_text(encoding="utf-8"))["vectors"]

PRIVATE_KEYS = {
    key["key_id"]: Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key["private_key_TEST_ONLY"]))
    for key in CODES["test_keys"]
}
PUBLIC_KEYS = {key_id: key.public_key() for key_id, key in PRIVATE_KEYS.items()}
UNREADABLE = {kind.code: kind for kind in ticket_code.UnreadableTicket.__subclasses__()}


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """What a gate knows of a ticket whose short code was typed."""

    ticket_id: TicketId
    venue_number: int
    product_number: int
    first_day: date
    days: int
    admits: int


def name_of(vector: dict[str, Any]) -> str:
    """The vector's sentence, as the id of its test."""
    return str(vector["name"])


def entitlement_of(values: dict[str, Any]) -> ManifestEntry:
    named = dict(values)
    named["ticket_id"] = TicketId(UUID(named["ticket_id"]))
    named["first_day"] = date.fromisoformat(named["first_day"])
    return ManifestEntry(**named)


def use_of(values: dict[str, Any]) -> Use:
    named = dict(values)
    named["scan_id"] = ScanId(UUID(named["scan_id"]))
    named["at"] = datetime.fromisoformat(named["at"])
    return Use(**named)


def known_of(values: dict[str, Any]) -> Known:
    return Known(
        revoked={TicketId(UUID(ticket_id)) for ticket_id in values["revoked"]},
        uses={TicketId(UUID(ticket_id)): [use_of(use) for use in uses] for ticket_id, uses in values["uses"].items()},
    )


def judge(case: dict[str, Any]) -> Verdict:
    """The verdict of Python on a case as the vectors write it."""
    reading, place = case["reading"], case["gate"]
    products = place["product_numbers"]
    return gate.decide(
        UNREADABLE[reading["error"]]() if "error" in reading else entitlement_of(reading["claims"]),
        Gate(
            venue_number=place["venue_number"],
            product_numbers=None if products is None else frozenset(products),
            today=date.fromisoformat(place["today"]),
        ),
        known_of(case["known"]),
        case["count"],
    )
