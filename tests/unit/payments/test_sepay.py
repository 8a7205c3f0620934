"""SePay's webhook body read strictly: what is not sure to be money is refused by name."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payments.feeds.sepay import read_transfer
from services.payments.transfers.domain.bank import BrokenTransfer

# The sample of SePay's documentation.
SAMPLE: dict[str, object] = {
    "id": 92704,
    "gateway": "Vietcombank",
    "transactionDate": "2023-03-25 14:02:37",
    "accountNumber": "0123499999",
    "code": None,
    "content": "chuyen tien mua iphone",
    "transferType": "in",
    "transferAmount": 2277000,
    "accumulated": 19077000,
    "subAccount": None,
    "referenceCode": "MBVCB.3278907687",
    "description": "",
}


def body(**changes: object) -> bytes:
    return json.dumps(SAMPLE | changes).encode()


def without(name: str) -> bytes:
    return json.dumps({key: value for key, value in SAMPLE.items() if key != name}).encode()


def test_the_documented_sample_is_read() -> None:
    transfer = read_transfer(body())
    assert transfer.provider == "sepay"
    assert transfer.provider_id == "92704"
    assert transfer.bank_reference == "MBVCB.3278907687"
    assert transfer.account == "0123499999"
    assert transfer.direction == "in"
    assert transfer.amount_vnd == 2_277_000
    assert transfer.memo == "chuyen tien mua iphone"
    assert transfer.provider_code is None
    assert transfer.bank_code == "970436"


def test_the_banks_wall_clock_becomes_utc() -> None:
    assert read_transfer(body()).occurred_at == datetime(2023, 3, 25, 7, 2, 37, tzinfo=UTC)
    assert read_transfer(body(transactionDate="2024-01-01 00:30:00")).occurred_at.isoformat() == (
        "2023-12-31T17:30:00+00:00"
    )


def test_money_that_left_is_read_as_such() -> None:
    assert read_transfer(body(transferType="out")).direction == "out"


def test_fields_we_do_not_know_are_ignored() -> None:
    assert read_transfer(body(newField={"deep": [1, 2.5]})).amount_vnd == 2_277_000


def test_the_providers_code_is_kept() -> None:
    assert read_transfer(body(code="HG4K7P2M9E")).provider_code == "HG4K7P2M9E"
    assert read_transfer(body(code="")).provider_code is None


def test_an_unknown_bank_leaves_the_bank_code_empty() -> None:
    assert read_transfer(body(gateway="Bank of Nowhere")).bank_code == ""
    assert read_transfer(without("gateway")).bank_code == ""


def test_without_content_the_description_is_the_memo() -> None:
    assert read_transfer(body(content="", description="BankAPINotify HG4K7P2M9E")).memo == "BankAPINotify HG4K7P2M9E"
    assert read_transfer(body(content=None, description=None)).memo == ""


def test_a_hostile_memo_is_money_all_the_same_and_can_be_stored() -> None:
    memo = read_transfer(body(content="<b>\0\ud800\u202eHG4K7P2M9E'; DROP TABLE")).memo
    assert memo == "<b>\ufffd\ufffd\u202eHG4K7P2M9E'; DROP TABLE"
    memo.encode("utf-8")


@pytest.mark.parametrize(
    "amount", [0, -1, 1000.0, 1000.5, True, False, None, "1000", "", [1000], {}, 10**13, 10**30, float("inf")]
)
def test_an_amount_that_is_no_whole_positive_number_is_refused(amount: object) -> None:
    with pytest.raises(BrokenTransfer):
        read_transfer(body(transferAmount=amount))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", 0),
        ("id", -7),
        ("id", "92704"),
        ("id", True),
        ("id", 92704.0),
        ("id", 2**63),
        ("transactionDate", "2023-02-30 14:02:37"),
        ("transactionDate", "2023-03-25T14:02:37"),
        ("transactionDate", "2023-03-25 14:02:37Z"),
        ("transactionDate", "2023-3-5 1:2:3"),
        ("transactionDate", "25/03/2023 14:02:37"),
        ("transactionDate", "2023-03-25 24:00:00"),
        ("transactionDate", "0001-01-01 00:00:00"),
        ("transactionDate", "2023-03-25 14:02:37\n"),
        ("transactionDate", 1679727757),
        ("accountNumber", ""),
        ("accountNumber", "0123 499999"),
        ("accountNumber", 123499999),
        ("accountNumber", "1" * 35),
        ("referenceCode", ""),
        ("referenceCode", " "),
        ("referenceCode", "FT\0001"),
        ("referenceCode", "FT\n1"),
        ("referenceCode", "F" * 101),
        ("referenceCode", None),
        ("transferType", "IN"),
        ("transferType", "credit"),
        ("transferType", ["in"]),
        ("content", 5),
        ("content", ["a"]),
        ("code", 12),
    ],
)
def test_a_malformed_field_is_refused_by_its_name(name: str, value: object) -> None:
    with pytest.raises(BrokenTransfer) as refused:
        read_transfer(body(**{name: value}))
    assert name in refused.value.reason


@pytest.mark.parametrize(
    "name", ["id", "transactionDate", "accountNumber", "referenceCode", "transferType", "transferAmount"]
)
def test_a_missing_field_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(BrokenTransfer) as refused:
        read_transfer(without(name))
    assert name in refused.value.reason


def test_a_reason_never_tells_what_stood_in_the_message() -> None:
    with pytest.raises(BrokenTransfer) as refused:
        read_transfer(body(accountNumber="NGUYEN VAN A 0123"))
    assert "NGUYEN" not in repr(refused.value)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b'"in"',
        b"{",
        b"\xff\xfe",
        b"{}",
        body()[:-1],
        body() + b"x",
        body().replace(b"2277000", b"NaN"),
        body().replace(b"2277000", b"1" * 5_000),
        b"[" * 100_000,
        b'{"a":' * 100_000,
        body().decode().encode("utf-16"),
    ],
    ids=range(14),
)
def test_a_body_that_is_no_json_object_is_refused(raw: bytes) -> None:
    with pytest.raises(BrokenTransfer):
        read_transfer(raw)


def test_two_amounts_in_one_body_are_refused() -> None:
    with pytest.raises(BrokenTransfer):
        read_transfer(body()[:-1] + b', "transferAmount": 5}')


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(SAMPLE)), json_values))
def test_any_field_may_hold_anything_and_is_read_or_refused(changes: dict[str, object]) -> None:
    try:
        transfer = read_transfer(body(**changes))
    except BrokenTransfer:
        return
    assert type(transfer.amount_vnd) is int
    assert transfer.amount_vnd > 0


@given(st.binary())
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with pytest.raises(BrokenTransfer):
        read_transfer(raw)
