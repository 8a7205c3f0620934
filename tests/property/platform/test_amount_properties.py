"""What we write as an amount is read back exactly; nothing else with separators is read."""

from hypothesis import example, given
from hypothesis import strategies as st

from shared.money import AmountUnreadable, Dong, read_amount
from shared.web.i18n import money, number

SEPARATORS = ".,\u00a0 "
amounts = st.integers(0, 10**12 - 1).map(Dong)


@given(amounts)
def test_every_amount_we_write_is_read_back_exactly(amount_vnd: Dong) -> None:
    assert read_amount(money(amount_vnd)) == amount_vnd
    assert read_amount(number(amount_vnd)) == amount_vnd
    assert read_amount(str(amount_vnd)) == amount_vnd


@given(st.integers(0, 10**9 - 1))
def test_whole_thousands_are_read_back_exactly(thousands: int) -> None:
    assert read_amount(f"{thousands}k") == thousands * 1000


@given(st.text("0123456789" + SEPARATORS, max_size=16))
@example("1.5")
@example("350,5")
@example("1.234,567")
def test_nothing_with_misplaced_separators_is_read(typed: str) -> None:
    try:
        amount_vnd = read_amount(typed)
    except AmountUnreadable:
        return
    plain = typed.strip()
    assert plain.isdecimal() or plain in {number(amount_vnd).replace(".", sign) for sign in SEPARATORS}


@given(st.text("0123456789", min_size=1, max_size=6), st.sampled_from(SEPARATORS), st.text("0123456789", max_size=6))
def test_no_short_form_is_read_with_a_separator(before: str, sign: str, after: str) -> None:
    for short in ("k", "tr", "tr5"):
        try:
            read_amount(f"{before}{sign}{after}{short}")
        except AmountUnreadable:
            continue
        # A single blank before the "k" belongs to the unit, as in "350 k".
        assert (sign, after, short) == (" ", "", "k")
