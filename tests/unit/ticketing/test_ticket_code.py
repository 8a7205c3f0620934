"""The ticket code in Python, against the vectors that bind every scanner."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.ticketing.codes import base45, ticket_code
from services.ticketing.codes.ticket_code import Claims
from shared.ids import TicketId
from tests.support.ticket_vectors import CODES, PRIVATE_KEYS, PUBLIC_KEYS, UNREADABLE, name_of

GENUINE: str = CODES["valid"][0]["code"]


def _claims(values: dict[str, Any]) -> Claims:
    named = {name: value for name, value in values.items() if name != "format"}
    named["ticket_id"] = TicketId(UUID(named["ticket_id"]))
    named["first_day"] = date.fromisoformat(named["first_day"])
    return Claims(**named)


@pytest.mark.parametrize("vector", CODES["valid"], ids=name_of)
def test_a_genuine_code_gives_its_claims(vector: dict[str, Any]) -> None:
    assert ticket_code.verify(vector["code"], PUBLIC_KEYS).as_json() == vector["claims"]


@pytest.mark.parametrize("vector", CODES["valid"], ids=name_of)
def test_signing_the_claims_gives_exactly_the_code(vector: dict[str, Any]) -> None:
    claims = _claims(vector["claims"])
    assert ticket_code.sign(claims, PRIVATE_KEYS[claims.key_id]) == vector["code"]


@pytest.mark.parametrize("vector", CODES["invalid"], ids=name_of)
def test_every_other_text_is_refused_with_its_reason(vector: dict[str, Any]) -> None:
    with pytest.raises(ticket_code.UnreadableTicket) as refusal:
        ticket_code.verify(vector["code"], PUBLIC_KEYS)
    assert refusal.value.code == vector["error"]


def test_the_vectors_hold_every_reason() -> None:
    reasons = set(UNREADABLE) - {"unknown_short_code"}  # not of a QR
    assert {vector["error"] for vector in CODES["invalid"]} == reasons


def test_the_test_keys_of_the_vectors_belong_together() -> None:
    for key in CODES["test_keys"]:
        assert PUBLIC_KEYS[key["key_id"]].public_bytes_raw().hex() == key["public_key"]


def test_a_retired_key_proves_nothing_any_more() -> None:
    with pytest.raises(ticket_code.UnknownKey):
        ticket_code.verify(GENUINE, {2: PUBLIC_KEYS[2]})


def test_a_code_longer_than_any_qr_is_refused_undecoded() -> None:
    with pytest.raises(ticket_code.Malformed):
        ticket_code.verify("HG1." + "0" * 3_000_000, PUBLIC_KEYS)


@pytest.mark.parametrize("field", ["days", "admits", "venue_number", "product_number"])
def test_a_ticket_that_allows_nothing_is_never_signed(field: str) -> None:
    values = {**CODES["valid"][0]["claims"], field: 0}
    with pytest.raises(AssertionError):
        ticket_code.sign(_claims(values), PRIVATE_KEYS[1])


def test_a_code_is_142_characters_of_the_qr_alphanumeric_set() -> None:
    assert len(GENUINE) == 142
    assert set(GENUINE) <= set(base45.ALPHABET)


@pytest.mark.parametrize("pair", CODES["base45"]["valid"], ids=lambda pair: repr(pair["text"]))
def test_base45_agrees_with_the_examples_of_its_standard(pair: dict[str, str]) -> None:
    assert base45.encode(bytes.fromhex(pair["hex"])) == pair["text"]
    assert base45.decode(pair["text"]).hex() == pair["hex"]


@pytest.mark.parametrize("text", CODES["base45"]["invalid"], ids=repr)
def test_base45_refuses_what_no_encoder_makes(text: str) -> None:
    with pytest.raises(base45.NotBase45):
        base45.decode(text)
