"""`python -m services.ticketing codes verify`: ticket codes on standard input, answers as JSON.

Needs no server, no database and no secret, so that anyone can check a code, or a scanner of their own.
"""

from collections.abc import Mapping
from functools import partial
from typing import IO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.ticketing.codes import ticket_code
from shared.process.lines import answer_lines

_LINE_BYTES = 64 * 1024


def verify_lines(source: IO[bytes], target: IO[bytes], public_keys: Mapping[int, Ed25519PublicKey]) -> None:
    """Per line, a code as it is, writes `{"code", "claims"}` or `{"code", "error"}`. No UTF-8 comes back as U+FFFD."""
    answer_lines(source, target, _LINE_BYTES, partial(_answer, public_keys))


def _answer(public_keys: Mapping[int, Ed25519PublicKey], line: bytes) -> Mapping[str, object]:
    code = line.decode(errors="replace")
    try:
        return {"code": code, "claims": ticket_code.verify(code, public_keys).as_json()}
    except ticket_code.UnreadableTicket as refusal:
        return {"code": code, "error": refusal.code}
