"""Reference codes: every mistyped character is caught, every noise shape gives the code back."""

from hypothesis import given, settings
from hypothesis import strategies as st

from services.payments.intents.domain.references import Reference, candidates, is_reference, new_reference
from shared.ids import CROCKFORD, check_character, crockford_encode, fold_look_alikes
from tests.support.scope import examples

ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def code_of(value: int) -> Reference | None:
    body = "HG" + crockford_encode(value, 7)
    return Reference(body + check_character(body)) if check_character(body) in CROCKFORD else None


codes = (
    st.integers(0, 2**35 - 1).map(code_of).filter(lambda code: code is not None).map(lambda code: Reference(str(code)))
)
# Digits, blanks and signs only: what a bank puts around a memo, without letters that could start another code.
bank_ids = st.text("0123456789 .:-/", max_size=40)


@settings(max_examples=examples(300))
@given(codes)
def test_no_single_mistyped_character_gives_a_valid_code(code: Reference) -> None:
    for position in range(10):
        for character in ALPHANUMERIC:
            if character != code[position]:
                assert not is_reference(code[:position] + character + code[position + 1 :])


@settings(max_examples=examples(300))
@given(codes)
def test_a_mistyped_character_is_never_taken_for_another_code(code: Reference) -> None:
    """Folding brings a look-alike back to the code itself, and nothing to a different one."""
    for position in range(2, 10):
        for character in ALPHANUMERIC:
            typed = code[:position] + character + code[position + 1 :]
            assert set(candidates(typed)) <= {code}
            if fold_look_alikes(typed) == code:
                assert candidates(typed) == [code]


@settings(max_examples=examples(500))
@given(codes, bank_ids, bank_ids, st.data())
def test_a_code_is_found_whatever_signs_stand_in_and_around_it(
    code: Reference, before: str, after: str, data: st.DataObject
) -> None:
    gaps = data.draw(st.lists(st.sampled_from(["", "", "", " ", "-", ".", "\u200b", "\n"]), min_size=10, max_size=10))
    spread = "".join(character + gap for character, gap in zip(code, gaps, strict=True))
    for memo in (spread, spread.lower(), spread.replace("0", "O").replace("1", "l"), spread.replace("1", "I")):
        assert code in candidates(f"{before}{memo}{after}")


@settings(max_examples=examples(500))
@given(codes, st.text(max_size=60), st.text(max_size=60))
def test_a_code_as_a_word_of_its_own_is_found_in_any_text(code: Reference, before: str, after: str) -> None:
    assert code in candidates(f"{before} {code} {after}")


@settings(max_examples=examples(500))
@given(st.text(max_size=200) | st.text("HGhg0O1Il ", max_size=200), st.none() | st.text(max_size=20))
def test_candidates_are_valid_and_unique_whatever_the_memo(memo: str, provider_code: str | None) -> None:
    found = candidates(memo, provider_code)
    assert all(is_reference(code) for code in found)
    assert len(found) == len(set(found))


@settings(max_examples=examples(200))
@given(codes)
def test_a_code_without_its_last_character_is_no_candidate(code: Reference) -> None:
    assert candidates(code[:9]) == []


@given(st.lists(st.integers(0, 2**35 - 1), min_size=1))
def test_new_codes_always_hold(draws: list[int]) -> None:
    values = iter([*draws, 0])
    code = new_reference(lambda: next(values))
    assert is_reference(code)
    assert fold_look_alikes(code) == code
