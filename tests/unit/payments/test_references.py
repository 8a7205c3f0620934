"""Reference codes in every shape in which banks and people are known to mangle a memo."""

import random
import time

import pytest

from services.payments.intents.domain.references import (
    IntentMemoInvalid,
    candidates,
    intent_memo,
    is_reference,
    new_reference,
)
from shared.ids import CROCKFORD, check_character, crockford_encode

CODE = "HG4K7P2M9E"


def closed(body: str) -> str:
    """A body with its check character; bodies here are chosen so that it is none of I, L, O, U."""
    assert check_character(body) in CROCKFORD
    return body + check_character(body)


OTHER = closed("HG0000000")
WITH_LOOK_ALIKES = closed("HG0110A1B")

NOISE = {
    "alone": CODE,
    "from Vietcombank": f"MBVCB.4455667788.112233.{CODE}.CT tu 0011000000001 NGUYEN VAN A toi 8300200000001 "
    "HO KINH DOANH B tai AGRIBANK",
    "wrapped by Vietcombank": "MBVCB.4455667788.6106BFTVG00AA0 1 .HG4K7P2 M9E.CT tu 0011000000001 NGUYEN VAN A",
    "into MB": f"CUSTOMER {CODE}   Ma giao dich  Trace112 233 Trace 112233",
    "into ACB": f"{CODE} GD 112233-112126 09:15:04",
    "MoMo": f"110000000001-{CODE}-CHUYEN TIEN-OQCH000AAAAA-MOMO110000000001MOMO",
    "NAPAS": f"CT DEN:112233445566 {CODE}",
    "IBFT": f"IBFT {CODE}",
    "description": f"BankAPINotify {CODE} chuyen tien",
    "glued to its neighbours": f"CT{CODE}NGUYEN VAN A",
    "lower case": f"thanh toan {CODE.lower()}",
    "dashes added": "HG-4K7P-2M9E",
    "every character apart": " ".join(CODE),
    "dots": "HG.4K7.P2M.9E",
    "newline inside": "HG4K7\nP2M9E",
    "HG of another word first": f"HGIANG HG {CODE}",
    "zero width and bidi inside": "HG4K\u200b7P\u202e2M\ufeff9E",
    "in HTML": f"<b>{CODE}</b><script>alert(1)</script>",
    "in SQL": f"'; DROP TABLE intents; -- {CODE}",
    "Vietnamese": f"thanh toán vé {CODE} cảm ơn",
    "NUL inside": f"\0{CODE}\0",
    "lone surrogate": f"\ud800{CODE}",
}


@pytest.mark.parametrize("memo", NOISE.values(), ids=NOISE.keys())
def test_a_code_is_found_in_every_known_noise(memo: str) -> None:
    assert candidates(memo) == [CODE]


@pytest.mark.parametrize("split_at", range(1, 10))
def test_a_blank_at_any_place_of_a_code_does_no_harm(split_at: int) -> None:
    assert candidates(f"MBVCB.1 .{CODE[:split_at]} {CODE[split_at:]}.CT") == [CODE]


@pytest.mark.parametrize("typed", ["HGO110A1B", "HG0I10A1B", "HG0L1OAIB", "hgo1l0aib"])
def test_letters_typed_for_digits_are_folded(typed: str) -> None:
    check = WITH_LOOK_ALIKES[-1]
    assert candidates(f"tien phong {typed}{check}") == [WITH_LOOK_ALIKES]
    assert candidates(f"tien phong {typed[:4]} {typed[4:]}{check}") == [WITH_LOOK_ALIKES]


def test_the_example_of_the_architecture_holds() -> None:
    assert check_character("HG4K7P2M9") == "E"
    assert is_reference(CODE)


@pytest.mark.parametrize(
    "text", ["", "HG", CODE.lower(), CODE + "0", CODE[:-1], " " + CODE, "HG4K7P2M9F", "XX" + CODE[2:]]
)
def test_only_a_code_exactly_as_we_write_it_is_a_reference(text: str) -> None:
    assert not is_reference(text)


def test_a_code_whose_check_fails_is_no_candidate() -> None:
    assert candidates("HG4K7P2M9F") == []


def test_order_is_providers_code_then_words_then_squeezed_then_folded() -> None:
    third = closed("HG2345679")
    folded = WITH_LOOK_ALIKES.replace("0", "O", 1)
    memo = f"{folded} {third[:3]} {third[3:]}, {OTHER}"
    assert candidates(memo) == [OTHER, third, WITH_LOOK_ALIKES]
    assert candidates(memo, provider_code=CODE) == [CODE, OTHER, third, WITH_LOOK_ALIKES]


def test_the_providers_code_may_be_lower_case_or_folded() -> None:
    assert candidates("", provider_code=CODE.lower()) == [CODE]
    assert candidates("", provider_code="HGO110AIB" + WITH_LOOK_ALIKES[-1]) == [WITH_LOOK_ALIKES]
    assert candidates(CODE, provider_code="NONSENSE") == [CODE]


def test_each_candidate_stands_once() -> None:
    assert candidates(f"{CODE} {CODE.lower()} {CODE[:5]} {CODE[5:]}", provider_code=CODE) == [CODE]


def test_all_codes_of_a_memo_are_candidates() -> None:
    assert candidates(f"{CODE}{OTHER}") == [CODE, OTHER]
    assert candidates(f"{OTHER} va {CODE}") == [OTHER, CODE]


def test_overlapping_starts_are_all_tried() -> None:
    assert candidates("HGHG" + CODE) == [CODE]
    assert CODE in candidates("HG4" + CODE + "HG")


@pytest.mark.parametrize("memo", ["", " ", "chuyen tien", "HG", "HA GIANG", "Hà Giang 2026", "ﬁHGßHG", "1" * 500])
def test_a_memo_without_a_code_has_no_candidate(memo: str) -> None:
    assert candidates(memo) == []


def test_letters_that_grow_into_ascii_are_dropped_not_turned() -> None:
    # "ß".upper() is "SS", "ı".upper() is "I".
    code = closed("HG55SS5SS")
    assert candidates(code.replace("SS", "ß")) == []


@pytest.mark.parametrize("unit", ["A", "HG", "HG4K7P2M9F", "HG4K ", "\u202e", "é", "HGO", "a b "])
def test_a_megabyte_of_anything_costs_linear_time(unit: str) -> None:
    memo = unit * (1_000_000 // len(unit))
    started = time.process_time()
    candidates(memo)
    # Measured 0.05 to 0.6 s; quadratic work would take hours.
    assert time.process_time() - started < 5


def test_a_code_at_the_end_of_ten_megabytes_is_found() -> None:
    assert candidates("chuyen tien \u202e" * 770_000 + CODE) == [CODE]


def test_random_memos_rarely_yield_a_candidate() -> None:
    chance = random.Random(1)
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    hits = sum(bool(candidates("".join(chance.choices(alphabet, k=60)))) for _ in range(20_000))
    assert hits < 20_000 // 400


def test_new_codes_hold_and_their_check_is_no_look_alike() -> None:
    chance = random.Random(2)
    for _ in range(2_000):
        code = new_reference(lambda: chance.getrandbits(35))
        assert is_reference(code)
        assert candidates(code.replace("0", "O").replace("1", "l")) == [code]


def test_a_code_whose_check_would_be_a_look_alike_is_drawn_again() -> None:
    unlucky = next(value for value in range(32**2) if check_character("HG" + crockford_encode(value, 7)) in "ILOU")
    draws = iter([unlucky, 0])
    assert new_reference(lambda: next(draws)) == "HG0000000" + check_character("HG0000000")


def test_our_memo_is_at_most_19_plain_characters_and_left_as_it_is() -> None:
    for memo in (CODE, f"{CODE} LUNG CU", "A" * 19):
        assert intent_memo(memo) == memo
    for refused in (
        "",
        " ",
        f"{CODE} LUNG CU 2",
        f"{CODE} lung cu",
        f"{CODE} LŨNG",
        f"{CODE}-A",
        f"{CODE} A\n",
        f"{CODE} ",
    ):
        with pytest.raises(IntentMemoInvalid):
            intent_memo(refused)


@pytest.mark.parametrize("memo", [f"CK {CODE[:9]} cam on", f"tien ve HG{closed('HG0047P2N')[4:]}"])
def test_a_damaged_code_is_no_candidate(memo: str) -> None:
    assert candidates(memo) == []
