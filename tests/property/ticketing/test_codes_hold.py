"""Properties of ticket codes, short codes and base45, over random and mutated input."""

from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from services.ticketing.codes import base45, short_code, ticket_code
from services.ticketing.codes.ticket_code import Claims, UnreadableTicket
from shared.ids import CROCKFORD, TicketId, check_character, crockford_encode
from tests.support.scope import examples

PRIVATE_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC_KEYS = {1: PRIVATE_KEY.public_key()}
NUMBER = st.integers(1, 0xFFFF)

genuine_claims = st.builds(
    Claims,
    key_id=st.just(1),
    ticket_id=st.uuids().map(TicketId),
    venue_number=NUMBER,
    product_number=NUMBER,
    first_day=st.integers(0, 0xFFFF).map(lambda day: ticket_code.DAY_ZERO + timedelta(days=day)),
    slot=st.integers(0, 255),
    days=st.integers(1, 255),
    admits=st.integers(1, 255),
    flags=st.integers(0, 0x0F),
)
short_codes = (
    st.integers(0, 32**9 - 1)
    .map(lambda value: crockford_encode(value, 9))
    .filter(lambda body: check_character(body) in CROCKFORD and not body.startswith("HG"))
    .map(lambda body: body + check_character(body))
)
# Texts that look like ours far more often than chance would have it.
near_codes = st.one_of(
    st.text(),
    st.text(base45.ALPHABET).map("HG1.".__add__),
    st.binary(min_size=92, max_size=92).map(lambda data: "HG1." + base45.encode(data)),
    st.binary(min_size=90, max_size=90).map(lambda data: "HG1." + base45.encode(b"\x01\x01" + data)),
    st.builds("{}{}".format, st.sampled_from(["HG1.", "HG2.", "HG", "000201", "hg1."]), st.text()),
)


def refused(code: str) -> bool:
    """Whether `verify` says no in its own words; any other exception is a crash."""
    try:
        ticket_code.verify(code, PUBLIC_KEYS)
    except UnreadableTicket:
        return True
    return False


@given(genuine_claims)
def test_what_is_signed_is_what_is_verified(claims: Claims) -> None:
    code = ticket_code.sign(claims, PRIVATE_KEY)
    assert len(code) == 142
    assert ticket_code.verify(code, PUBLIC_KEYS) == claims


@settings(max_examples=examples(1000))
@given(near_codes)
def test_no_text_crashes_the_verifier_and_none_is_accepted(text: str) -> None:
    assert refused(text)


@settings(max_examples=examples(500))
@given(genuine_claims, st.data())
def test_a_code_with_any_character_changed_is_refused(claims: Claims, data: st.DataObject) -> None:
    code = ticket_code.sign(claims, PRIVATE_KEY)
    place = data.draw(st.integers(0, len(code) - 1))
    character = data.draw(st.one_of(st.sampled_from(base45.ALPHABET), st.characters()))
    assume(character != code[place])
    assert refused(code[:place] + character + code[place + 1 :])


@given(genuine_claims, st.integers(0, 92 * 8 - 1))
def test_a_code_with_any_bit_changed_is_refused(claims: Claims, bit: int) -> None:
    data = bytearray(base45.decode(ticket_code.sign(claims, PRIVATE_KEY)[4:]))
    data[bit // 8] ^= 1 << bit % 8
    assert refused("HG1." + base45.encode(bytes(data)))


@given(genuine_claims, st.data())
def test_a_code_cut_lengthened_or_shuffled_is_refused(claims: Claims, data: st.DataObject) -> None:
    code = ticket_code.sign(claims, PRIVATE_KEY)
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(code))] * 2)))
    piece = data.draw(st.sampled_from(["", code[:start], code[end:], " ", "\n"]))
    changed = code[:start] + piece + code[end:]
    assume(changed != code)
    assert refused(changed)


@given(st.binary())
def test_base45_gives_back_the_bytes_it_was_given(data: bytes) -> None:
    assert base45.decode(base45.encode(data)) == data


@given(st.text(base45.ALPHABET))
@example("")
def test_base45_has_one_text_for_every_byte_string(text: str) -> None:
    try:
        data = base45.decode(text)
    except base45.NotBase45:
        return
    assert base45.encode(data) == text


@given(short_codes, st.integers(0, 9), st.sampled_from(CROCKFORD))
def test_one_mistyped_character_of_a_short_code_is_always_noticed(code: str, place: int, character: str) -> None:
    assume(character != code[place])
    try:
        found: str | None = short_code.parse(code[:place] + character + code[place + 1 :])
    except short_code.UnreadableShortCode:
        found = None
    assert found is None


@given(short_codes, st.data())
def test_a_short_code_is_understood_in_any_case_spacing_and_look_alikes(code: str, data: st.DataObject) -> None:
    look_alikes = {"0": "0oO", "1": "1iIlL"}
    typed = "".join(
        data.draw(st.sampled_from(look_alikes.get(character, character + character.lower())))
        + data.draw(st.sampled_from(["", "", "-", " ", "\u00a0", "\u2014"]))
        for character in code
    )
    assert short_code.parse(typed) == code


@given(st.text())
def test_no_text_crashes_the_reader_of_short_codes(text: str) -> None:
    try:
        code = short_code.parse(text)
    except short_code.UnreadableShortCode:
        return
    assert short_code.parse(short_code.grouped(code)) == code
