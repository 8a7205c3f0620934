"""The line tools: one answer a line, whatever the line."""

import json
from io import BufferedWriter, BytesIO
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payments.tools import qr_lines, reference_lines
from shared.money import Dong
from shared.qr.vietqr import TransferQr, decode

GOOD = {"bank_bin": "970436", "account": "1031900078", "amount_vnd": 60000, "memo": "HG4K7P2M9E"}


def qr(*lines: bytes) -> list[dict[str, object]]:
    return answers(qr_lines, b"\n".join(lines))


def references(text: bytes) -> list[dict[str, object]]:
    return answers(reference_lines, text)


def answers(tool: object, text: bytes) -> list[dict[str, object]]:
    target = BytesIO()
    assert callable(tool)
    tool(BytesIO(text), target)
    written = target.getvalue()
    assert written.endswith(b"\n") or not written
    return [cast("dict[str, object]", json.loads(line)) for line in written.split(b"\n")[:-1]]


def changed(**changes: object) -> bytes:
    return json.dumps(GOOD | changes).encode()


def payload(answer: dict[str, object]) -> TransferQr:
    assert answer.keys() == {"payload"}
    return decode(str(answer["payload"]))


def test_a_line_gives_the_payload() -> None:
    (answer,) = qr(changed())
    assert payload(answer) == TransferQr(
        bank_bin="970436", account="1031900078", amount_vnd=Dong(60_000), memo="HG4K7P2M9E"
    )


def test_amount_memo_and_static_may_be_left_out() -> None:
    (bare, tag, no_memo) = qr(
        b'{"bank_bin": "970436", "account": "1031900078", "static": true}',
        changed(static=True),
        b'{"bank_bin": "970436", "account": "1031900078", "amount_vnd": 5, "static": false}',
    )
    assert payload(bare) == TransferQr(bank_bin="970436", account="1031900078", static=True)
    assert payload(tag).static
    assert payload(tag).amount_vnd == 60_000
    assert payload(no_memo).memo is None


def test_the_standards_memo_rule_holds_here_not_our_stricter_one() -> None:
    (answer,) = qr(changed(memo="Nha nghi #3, thanh toan!!"))
    assert payload(answer).memo == "Nha nghi #3, thanh toan!!"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b"5",
        b'"970436"',
        b"{}",
        b"{",
        b"\xff\xfe\x00",
        b"\xef\xbb\xbf" + changed(),
        changed() + b"x",
        changed()[:-1] + b', "memo": "B"}',
        changed(color="red"),
        changed(service="card"),
        changed(amount_vnd=None),
        changed(amount_vnd=True),
        changed(amount_vnd=60000.0),
        changed(amount_vnd=1000.5),
        changed(amount_vnd="60000"),
        changed(amount_vnd=0),
        changed(amount_vnd=-5),
        changed(amount_vnd=10**13),
        changed(amount_vnd=[60000]),
        changed()[:-1].replace(b"60000", b"6e4") + b"}",
        changed().replace(b"60000", b"NaN"),
        changed().replace(b"60000", b"Infinity"),
        changed().replace(b"60000", b"1" * 5_000),
        changed(memo=""),
        changed(memo=None),
        changed(memo=5),
        changed(memo="A" * 26),
        changed(memo="thanh toán"),
        changed(memo="A\nB"),
        changed(memo="\ud800"),
        changed(static=None),
        changed(static=1),
        changed(static="true"),
        changed(bank_bin=970436),
        changed(bank_bin="97043"),
        changed(bank_bin="VCB"),
        changed(bank_bin=None),
        changed(account=""),
        changed(account="1" * 20),
        changed(account="1031 900078"),
        changed(account=1031900078),
        b'{"bank_bin": "970436"}',
        b'{"account": "1031900078", "amount_vnd": 5}',
        b'{"bank_bin": "970436", "account": "1031900078"}',
        b'{"bank_bin": "970436", "account": "1031900078", "static": false}',
        b"[" * 50_000,
        b'{"a":' * 10_000,
        b'{"memo": "' + b"A" * 1_000_000 + b'"}',
    ],
    ids=range(52),
)
def test_anything_else_is_an_error_and_the_next_line_is_answered(line: bytes) -> None:
    refused, answered = qr(line, changed())
    assert refused.keys() == {"error"}
    assert refused["error"]
    assert "payload" in answered


def test_an_error_begins_with_the_stable_code_of_the_rule() -> None:
    (answer,) = qr(changed(memo="A" * 26))
    assert str(answer["error"]).startswith("memo_invalid: ")


def test_a_carriage_return_at_the_end_is_blank_space_of_json() -> None:
    assert payload(*answers(qr_lines, changed() + b"\r\n")).amount_vnd == 60_000


def test_no_input_gives_no_output() -> None:
    assert qr() == []
    assert references(b"") == []


def test_each_line_is_answered_once_with_or_without_a_last_newline() -> None:
    assert len(references(b"a\nb")) == 2
    assert len(references(b"a\nb\n")) == 2
    assert len(references(b"\n\n")) == 2
    assert len(qr(b"", b"", b"")) == 2


def test_a_memo_gives_itself_and_its_candidates_in_order() -> None:
    assert references(b"MBVCB.4455667788.112233.HG4K7P2M9E.CT tu 0011\nchuyen tien\n") == [
        {"memo": "MBVCB.4455667788.112233.HG4K7P2M9E.CT tu 0011", "candidates": ["HG4K7P2M9E"]},
        {"memo": "chuyen tien", "candidates": []},
    ]


@pytest.mark.parametrize("mark", ["\r", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\0"])
def test_only_a_newline_ends_a_memo(mark: str) -> None:
    memo = f"HG4K{mark}7P2M9E{mark}"
    assert references(memo.encode() + b"\n") == [{"memo": memo, "candidates": ["HG4K7P2M9E"]}]


def test_bytes_that_are_no_utf_8_are_answered() -> None:
    assert references(b"\xff\xfe HG4K7P2M9E\n") == [{"memo": "\ufffd\ufffd HG4K7P2M9E", "candidates": ["HG4K7P2M9E"]}]


def test_output_is_ascii_whatever_the_memo() -> None:
    target = BytesIO()
    reference_lines(BytesIO("thanh toán 🎫\n".encode()), target)
    assert target.getvalue().isascii()


def test_a_memo_of_ten_megabytes_is_answered() -> None:
    (answer,) = references(b"A" * 10_000_000 + b" HG4K7P2M9E")
    assert answer["candidates"] == ["HG4K7P2M9E"]


def test_a_line_is_answered_before_the_next_one_is_read() -> None:
    arrived = BytesIO()

    class Slow(BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            seen.append(arrived.getvalue().count(b"\n"))
            return super().readline(-1 if size is None else size)

    seen: list[int] = []
    reference_lines(Slow(b"a\nb\nc\n"), BufferedWriter(arrived))
    assert seen == [0, 1, 2, 3]


@given(st.lists(st.binary().filter(lambda line: b"\n" not in line), min_size=1))
def test_any_bytes_get_one_answer_a_line(lines: list[bytes]) -> None:
    text = b"\n".join(lines) + b"\n"
    assert len(answers(qr_lines, text)) == len(lines)
    assert [answer["memo"] for answer in references(text)] == [line.decode("utf-8", "replace") for line in lines]
