"""Amounts as people write them: read exactly, or refused where they could mean more than one."""

import pytest

from shared.money import AmountUnreadable, read_amount


@pytest.mark.parametrize(
    "typed",
    [
        "350000",
        "350.000",
        "350,000",
        "350 000",
        "350\u00a0000",
        "350.000 ₫",
        "350.000\u00a0₫",
        "350000đ",
        " 350K ",
        "350k đ",
    ],
)
def test_an_amount_is_read_in_every_way_people_write_it(typed: str) -> None:
    assert read_amount(typed) == 350_000


@pytest.mark.parametrize(("typed", "amount_vnd"), [("2tr", 2_000_000), ("1tr5", 1_500_000), ("12TR5 đ", 12_500_000)])
def test_millions_are_read_as_people_say_them(typed: str, amount_vnd: int) -> None:
    assert read_amount(typed) == amount_vnd


@pytest.mark.parametrize(
    "typed",
    [
        "1.5",
        "1,5",
        "350,5",
        "350.5",
        "350.00",
        "12.50",
        "3500.000",
        "350.0000",
        "0.350",
        ".350",
        "350.",
        "1..000",
        "1 5",
    ],
)
def test_a_separator_that_could_be_a_decimal_point_is_refused(typed: str) -> None:
    with pytest.raises(AmountUnreadable):
        read_amount(typed)


@pytest.mark.parametrize(
    "typed", ["1.5k", "2.5k", "1,5k", "1.500k", "1.5tr", "1tr50", "1tr.5", "1k5", "k", "tr5", "5kk"]
)
def test_a_short_form_that_could_mean_two_amounts_is_refused(typed: str) -> None:
    with pytest.raises(AmountUnreadable):
        read_amount(typed)


@pytest.mark.parametrize("typed", ["1.250,000", "1,250.000", "1 250.000", "1.250 000"])
def test_two_kinds_of_separator_in_one_number_are_refused(typed: str) -> None:
    with pytest.raises(AmountUnreadable):
        read_amount(typed)


@pytest.mark.parametrize(
    "typed", ["", " ", "-5", "+5", "1e6", "٣٠٠٠", "1_000", "x", "350.000 USD", "9" * 13, "9" * 10 + "k"]
)
def test_what_is_no_amount_of_dong_is_refused(typed: str) -> None:
    with pytest.raises(AmountUnreadable):
        read_amount(typed)
