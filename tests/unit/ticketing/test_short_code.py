"""The short code that people type, against the vectors that bind every scanner."""

from datetime import date
from typing import Any

import pytest

from services.ticketing.codes import short_code
from shared.ids import CROCKFORD, check_character, crockford_encode
from tests.support.ticket_vectors import CODES, name_of

VECTORS: dict[str, list[dict[str, Any]]] = CODES["short_codes"]


def _typed(vector: dict[str, Any]) -> str:
    return repr(vector["typed"])


@pytest.mark.parametrize("vector", VECTORS["valid"], ids=_typed)
def test_a_typed_code_is_understood_however_it_is_typed(vector: dict[str, Any]) -> None:
    code = short_code.parse(vector["typed"])
    assert code == vector["code"]
    assert short_code.grouped(code) == vector["grouped"]
    listed = vector["listed"]
    day = date.fromisoformat(listed["first_day"])
    assert short_code.short_code_hash(code, listed["venue_number"], day) == listed["hash"]


@pytest.mark.parametrize("vector", VECTORS["invalid"], ids=name_of)
def test_a_mistyped_code_is_refused_with_its_reason(vector: dict[str, Any]) -> None:
    with pytest.raises(short_code.UnreadableShortCode) as refusal:
        short_code.parse(vector["typed"])
    assert refusal.value.code == vector["error"]


def test_the_vectors_hold_every_reason() -> None:
    reasons = {kind.code for kind in short_code.UnreadableShortCode.__subclasses__()}
    assert {vector["error"] for vector in VECTORS["invalid"]} == reasons


def test_drawn_codes_differ_and_have_only_characters_that_nobody_confuses() -> None:
    codes = {short_code.draw() for _ in range(2000)}
    assert len(codes) == 2000
    for code in codes:
        assert set(code) <= set(CROCKFORD)
        assert short_code.parse(short_code.grouped(code)) == code


def _draw_from(monkeypatch: pytest.MonkeyPatch, *bodies: int) -> str:
    """What is drawn when chance gives these bodies, one after the other."""
    chance = iter(bodies)

    def next_body(_limit: int) -> int:
        return next(chance)

    monkeypatch.setattr("secrets.randbelow", next_body)
    return short_code.draw()


def test_a_drawn_code_is_never_taken_for_a_payment_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    body = int("HG4K7P2M9".translate(str.maketrans(CROCKFORD, "0123456789ABCDEFGHIJKLMNOPQRSTUV")), base=32)
    assert crockford_encode(body, 9) == "HG4K7P2M9"
    assert _draw_from(monkeypatch, body, 0) == "000000000V"


def test_a_code_whose_check_character_could_be_confused_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    confusing = next(value for value in range(32**2) if check_character(crockford_encode(value, 9)) in "ILOU")
    assert _draw_from(monkeypatch, confusing, 0) == "000000000V"
