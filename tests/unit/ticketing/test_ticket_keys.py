"""Which of the ticket keys in the secrets folder signs, and which only verify."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from services.ticketing.codes.keys import KeyUnreadable, load_ticket_keys


def add_private(folder: Path, number: int) -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.generate()
    (folder / f"ticket-key-{number}.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return key


def add_public(folder: Path, number: int) -> None:
    key = Ed25519PrivateKey.generate().public_key()
    (folder / f"ticket-key-{number}.pem").write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def test_the_key_with_the_highest_number_signs_and_all_of_them_verify(tmp_path: Path) -> None:
    add_private(tmp_path, 2)
    newest = add_private(tmp_path, 10)

    keys = load_ticket_keys(tmp_path)

    assert keys.signer.key_id == 10
    assert keys.signer.private_key.private_bytes_raw() == newest.private_bytes_raw()
    assert sorted(keys.public_keys) == [2, 10]


def test_a_public_key_verifies_but_never_signs_however_high_its_number(tmp_path: Path) -> None:
    add_private(tmp_path, 1)
    add_public(tmp_path, 7)

    keys = load_ticket_keys(tmp_path)

    assert keys.signer.key_id == 1
    assert sorted(keys.public_keys) == [1, 7]


def test_without_a_private_key_that_fits_into_a_code_no_service_starts(tmp_path: Path) -> None:
    with pytest.raises(KeyUnreadable, match="no ticket can be signed"):
        load_ticket_keys(tmp_path)
    add_public(tmp_path, 1)
    with pytest.raises(KeyUnreadable, match="no ticket can be signed"):
        load_ticket_keys(tmp_path)
    add_private(tmp_path, 256)
    with pytest.raises(KeyUnreadable, match="end at 255"):
        load_ticket_keys(tmp_path)
