"""The drill of a new ticket key: tickets of the old one and of the new one are admitted all the time, also offline."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.ticketing.codes import ticket_code
from services.ticketing.sales.domain.tickets import Ticket
from shared.keys.files import TICKET_KEYS, load_keys
from shared.keys.new_key import make_key, use_key
from tests.support.cluster import Cluster
from tests.support.gate import Phone
from tests.support.gate_doors import Gate, open_gate, scan
from tests.unit.platform.test_key_files import add_private

Keys = dict[str, str]


@pytest.fixture
async def at_gate(cluster: Cluster) -> AsyncIterator[Gate]:
    async with open_gate(cluster) as opened:
        yield opened


def start(at_gate: Gate, secrets: Path) -> None:
    """The service reads its keys as it starts."""
    keys = load_keys(secrets, TICKET_KEYS)
    at_gate.venue.signer = keys.signer
    at_gate.open_with(keys.public_keys)


async def known_to(at_gate: Gate, phone: Phone) -> Keys:
    """The keys that a phone keeps for the time without network."""
    keys: Keys = (await at_gate.manifest(phone))["keys"]
    return keys


def reads(kept: Keys, ticket: Ticket) -> int:
    """The id of the key under which a phone without network finds the ticket genuine."""
    public = {int(key_id): Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)) for key_id, key in kept.items()}
    return ticket_code.verify(ticket.code, public).key_id


async def test_a_new_ticket_key_is_known_everywhere_before_it_signs_and_old_tickets_stay_good(
    at_gate: Gate, tmp_path: Path
) -> None:
    add_private(tmp_path, 1)
    start(at_gate, tmp_path)
    phone = await at_gate.venue.pair("East gate")
    before, before_too = await at_gate.venue.issue(people=2)
    kept_before = await known_to(at_gate, phone)

    assert make_key(tmp_path, TICKET_KEYS) == 2
    start(at_gate, tmp_path)
    [between] = await at_gate.venue.issue()
    # Who did not sync since meets no ticket of the new key.
    assert reads(kept_before, between) == 1
    kept = await known_to(at_gate, phone)
    assert sorted(kept) == ["1", "2"]

    assert use_key(tmp_path, TICKET_KEYS) == 2
    start(at_gate, tmp_path)
    [after] = await at_gate.venue.issue()
    assert [reads(kept, ticket) for ticket in (before, between, after)] == [1, 1, 2]
    answers = await at_gate.send(phone, *(scan(ticket, verdict=None) for ticket in (before, between, after)))
    assert [answer["verdict"] for answer in answers] == ["admitted"] * 3

    # A stolen key leaves: what it signed is of an unknown key, what the new one signed is good.
    (tmp_path / "ticket-key-1.pem").unlink()
    start(at_gate, tmp_path)
    [refused] = await at_gate.send(phone, scan(before_too, verdict=None))
    assert (refused["verdict"], refused["reason"]) == ("refused", "unknown_key")
    assert reads(await known_to(at_gate, phone), after) == 2
