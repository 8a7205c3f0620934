"""`python -m services.ticketing codes verify`: ticket codes on standard input, answers as JSON.

Needs no server and no database, so that anyone can check a code, or a scanner of their own.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TextIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from services.ticketing.domain import ticket_code


def verify_lines(lines: Iterable[bytes], output: TextIO, public_keys: Mapping[int, Ed25519PublicKey]) -> None:
    """Answer each line at once with one JSON object: `code` and `claims`, or `code` and `error`.

    lines come from a binary stream, which splits at newlines only; whatever else stands in a line,
    a carriage return too, belongs to the code. Bytes that are no UTF-8 come back as U+FFFD.
    """
    for line in lines:
        code = line.removesuffix(b"\n").decode(errors="replace")
        output.write(json.dumps(_answer(code, public_keys)) + "\n")
        output.flush()


def load_public_keys(secrets_dir: Path) -> dict[int, Ed25519PublicKey]:
    """The public half of each ticket key, by key id, from `ticket-key-<id>.pem` files."""
    keys: dict[int, Ed25519PublicKey] = {}
    for path in sorted(secrets_dir.glob("ticket-key-*.pem")):
        private_key = load_pem_private_key(path.read_bytes(), password=None)
        assert isinstance(private_key, Ed25519PrivateKey), f"{path.name} is no Ed25519 key"
        keys[int(path.stem.removeprefix("ticket-key-"))] = private_key.public_key()
    return keys


def _answer(code: str, public_keys: Mapping[int, Ed25519PublicKey]) -> dict[str, object]:
    try:
        return {"code": code, "claims": ticket_code.verify(code, public_keys).as_json()}
    except ticket_code.UnreadableTicket as refusal:
        return {"code": code, "error": refusal.code}
