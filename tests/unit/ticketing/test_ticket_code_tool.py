"""`codes verify`: a line in, one JSON object out, whatever the line holds."""

import json
from io import BufferedWriter, BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from services.ticketing.codes.tool import verify_lines
from shared.keys.files import TICKET_KEYS, KeyUnreadable, load_public_keys
from tests.support.ticket_vectors import CODES, PUBLIC_KEYS

GENUINE: str = CODES["valid"][0]["code"]


def answers(data: bytes) -> list[dict[str, Any]]:
    output = BytesIO()
    verify_lines(BytesIO(data), output, PUBLIC_KEYS)
    return [json.loads(line) for line in output.getvalue().splitlines()]


def test_each_line_is_answered_in_order_with_claims_or_an_error() -> None:
    assert answers(f"{GENUINE}\nxin chào\n".encode()) == [
        {"code": GENUINE, "claims": CODES["valid"][0]["claims"]},
        {"code": "xin chào", "error": "not_a_ticket"},
    ]


def test_a_last_line_without_newline_is_answered_too() -> None:
    assert [answer["code"] for answer in answers(f"a\n{GENUINE}".encode())] == ["a", GENUINE]
    assert answers(b"") == []


def test_lines_end_at_newlines_only() -> None:
    for character in "\r\v\f\x1c\x1d\x1e\x85\u2028\u2029":
        line = f"{GENUINE}{character}x"
        assert answers(line.encode()) == [{"code": line, "error": "malformed"}]


@pytest.mark.parametrize("line", [b"", b"\xff\xfe\x00", b"HG1.\xc3\x28", b"\x00" * 100, b"HG1." + b"\xff" * 138])
def test_bytes_of_any_kind_are_answered_with_an_error(line: bytes) -> None:
    (answer,) = answers(line + b"\n")
    assert answer["error"] in {"not_a_ticket", "malformed"}
    assert answer["code"] == line.decode(errors="replace")


def test_an_answer_can_be_read_before_the_next_line_is_written() -> None:
    arrived = BytesIO()
    answered: list[int] = []

    class PatientPerson(BytesIO):
        def readline(self, size: int | None = -1) -> bytes:
            answered.append(arrived.getvalue().count(b"\n"))
            return super().readline(size)

    verify_lines(PatientPerson(f"{GENUINE}\nsecond\n".encode()), BufferedWriter(arrived), PUBLIC_KEYS)
    assert answered == [0, 1, 2]


def test_a_line_that_no_code_can_be_is_answered_without_being_kept() -> None:
    first, second = answers(b"HG1." + b"A" * 100_000 + f"\n{GENUINE}\n".encode())
    assert first == {"error": "line longer than 65536 bytes"}
    assert second["code"] == GENUINE


def test_public_keys_come_from_the_key_files_by_their_number_public_or_private(tmp_path: Path) -> None:
    old, new = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    (tmp_path / "ticket-key-1.pem").write_bytes(
        old.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    (tmp_path / "ticket-key-12.pem").write_bytes(new.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "pass-key.pem").write_bytes(b"not for us")
    assert {key_id: found.public_bytes_raw() for key_id, found in load_public_keys(tmp_path, TICKET_KEYS).items()} == {
        1: old.public_key().public_bytes_raw(),
        12: new.public_key().public_bytes_raw(),
    }


@pytest.mark.parametrize("name", ["ticket-key-1.pem", "ticket-key-one.pem"])
def test_a_key_file_that_is_none_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"-----BEGIN PUBLIC KEY-----\nnonsense\n-----END PUBLIC KEY-----\n")
    with pytest.raises(KeyUnreadable, match=name):
        load_public_keys(tmp_path, TICKET_KEYS)
