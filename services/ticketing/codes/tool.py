"""`python -m services.ticketing codes verify`: ticket codes on standard input, answers as JSON.

Needs no server, no database and no secret, so that anyone can check a code, or a scanner of their own.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import IO

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from services.ticketing.codes import ticket_code
from shared.process.lines import answer_lines

_LINE_BYTES = 64 * 1024


class KeyUnreadable(Exception):
    """A key file holds no Ed25519 key, or its name no number; the text says which."""


def verify_lines(source: IO[bytes], target: IO[bytes], public_keys: Mapping[int, Ed25519PublicKey]) -> None:
    """Per line, a code as it is, writes `{"code", "claims"}` or `{"code", "error"}`. No UTF-8 comes back as U+FFFD."""
    answer_lines(source, target, _LINE_BYTES, partial(_answer, public_keys))


def load_public_keys(folder: Path) -> dict[int, Ed25519PublicKey]:
    """The public keys by key id, from `ticket-key-<id>.pem` files, which hold a public key or the signer's own."""
    return {_number_of(path): _public_key_in(path) for path in sorted(folder.glob("ticket-key-*.pem"))}


def _number_of(path: Path) -> int:
    number = path.stem.removeprefix("ticket-key-")
    if not number.isdecimal():
        raise KeyUnreadable(f"{path} is not named ticket-key-<number>.pem")
    return int(number)


def _public_key_in(path: Path) -> Ed25519PublicKey:
    try:
        pem = path.read_bytes()
        key = load_pem_public_key(pem) if b"PUBLIC KEY" in pem else load_pem_private_key(pem, password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyUnreadable(f"{path} cannot be read: {error}") from error
    public_key = key.public_key() if isinstance(key, Ed25519PrivateKey) else key
    if not isinstance(public_key, Ed25519PublicKey):
        raise KeyUnreadable(f"{path} holds no Ed25519 key")
    return public_key


def _answer(public_keys: Mapping[int, Ed25519PublicKey], line: bytes) -> Mapping[str, object]:
    code = line.decode(errors="replace")
    try:
        return {"code": code, "claims": ticket_code.verify(code, public_keys).as_json()}
    except ticket_code.UnreadableTicket as refusal:
        return {"code": code, "error": refusal.code}
