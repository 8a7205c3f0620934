"""The ticket code behind a QR: `HG1.` + base45(28 bytes of claims + Ed25519 signature).

The whole format, with vectors, is in docs/ticket-code.md; web/static/gate/ticket.js is its twin.
Nothing here knows whether a ticket was used or revoked: that is gate.py.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.ticketing.codes import base45
from shared.ids import TicketId

PREFIX = "HG1."
FORMAT = 1
DAY_ZERO = date(2020, 1, 1)
FLAG_EVIDENCE = 0x01
"""A reduction was given: staff are asked to look at the visitor's proof. Changes no verdict."""

# A later issuer may set flags of its own. The low four are advice that an old scanner may miss;
# one of the high four that it does not know changes what the code means, so it must refuse.
_CRITICAL_FLAGS = 0xF0
_CLAIMS = struct.Struct(">BB16sHHHBBBB")
_SIGNATURE_BYTES = 64
# Any other format still fits one QR code (4,296 characters); longer text is not worth decoding.
_LONGEST_CODE = 4296
_NEWER_PREFIXES = tuple(f"HG{number}." for number in range(2, 10))
# Each payment QR of the EMV standard, VietQR among them, starts with its format indicator.
_PAYMENT_PREFIX = "000201"


class UnreadableTicket(Exception):
    """What was read proves no ticket; each subclass says why. It becomes a verdict, never the answer to a request."""

    code: ClassVar[str]


class NotATicket(UnreadableTicket):
    """Some other text: no code of ours."""

    code = "not_a_ticket"


class PaymentCode(UnreadableTicket):
    """A payment QR (VietQR or another of the EMV standard), shown instead of the ticket."""

    code = "payment_code"


class NewerCode(UnreadableTicket):
    """A code of ours that this scanner is too old for: `HG2.` to `HG9.`, or a critical flag."""

    code = "newer_code"


class UnknownFormat(UnreadableTicket):
    """`HG1.` with a format byte other than 1."""

    code = "unknown_format"


class Malformed(UnreadableTicket):
    """`HG1.` and then not what the format asks for."""

    code = "malformed"


class UnknownKey(UnreadableTicket):
    """Signed, it says, with a key that is not known here: forged, or our keys are old."""

    code = "unknown_key"


class BadSignature(UnreadableTicket):
    """The signature is not that of the key: forged or changed."""

    code = "bad_signature"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a ticket says of itself, believed only after `verify`.

    days: local dates on which it admits, from first_day on, 1..255; n + 1 for a stay of n nights,
    because a guest may come after midnight.
    admits: people let in, once each, over all those days, 1..255. slot: 1..255 of the day, 0 = any.
    """

    key_id: int
    ticket_id: TicketId
    venue_number: int
    product_number: int
    first_day: date
    slot: int = 0
    days: int = 1
    admits: int = 1
    flags: int = 0

    def as_json(self) -> dict[str, str | int]:
        """The claims as the tools, the vectors and the gate phone write them."""
        return {
            "format": FORMAT,
            "key_id": self.key_id,
            "ticket_id": str(self.ticket_id),
            "venue_number": self.venue_number,
            "product_number": self.product_number,
            "first_day": self.first_day.isoformat(),
            "slot": self.slot,
            "days": self.days,
            "admits": self.admits,
            "flags": self.flags,
        }


def sign(claims: Claims, private_key: Ed25519PrivateKey) -> str:
    """The code of a ticket, 142 characters; the same claims and key always give the same code."""
    assert min(claims.days, claims.admits, claims.venue_number, claims.product_number) >= 1
    packed = _CLAIMS.pack(
        FORMAT,
        claims.key_id,
        claims.ticket_id.bytes,
        claims.venue_number,
        claims.product_number,
        (claims.first_day - DAY_ZERO).days,
        claims.slot,
        claims.days,
        claims.admits,
        claims.flags,
    )
    return PREFIX + base45.encode(packed + private_key.sign(PREFIX.encode() + packed))


def verify(code: str, public_keys: Mapping[int, Ed25519PublicKey]) -> Claims:
    """The claims of a genuine code; raises an UnreadableTicket for every other text.

    Nothing is trimmed or folded: a code has one spelling. The order of the checks is part of the
    specification, so that every scanner gives the same reason.
    """
    packed, signature = _split(code)
    public_key = public_keys.get(packed[1])
    if public_key is None:
        raise UnknownKey
    try:
        public_key.verify(signature, PREFIX.encode() + packed)
    except InvalidSignature:
        raise BadSignature from None
    return _unpack(packed)


def _split(code: str) -> tuple[bytes, bytes]:
    """Claims of format 1, still packed, and signature of a text that has the shape of a code."""
    if not code.startswith(PREFIX):
        raise _refusal_of_foreign(code)
    if len(code) > _LONGEST_CODE:
        raise Malformed
    try:
        data = base45.decode(code[len(PREFIX) :])
    except base45.NotBase45:
        raise Malformed from None
    # Before the length, because another format may have another one.
    if data and data[0] != FORMAT:
        raise UnknownFormat
    if len(data) != _CLAIMS.size + _SIGNATURE_BYTES:
        raise Malformed
    return data[: _CLAIMS.size], data[_CLAIMS.size :]


def _refusal_of_foreign(code: str) -> UnreadableTicket:
    if code.startswith(_NEWER_PREFIXES):
        return NewerCode()
    if code.startswith(_PAYMENT_PREFIX):
        return PaymentCode()
    return NotATicket()


def _unpack(packed: bytes) -> Claims:
    """Claims from signed bytes; an issuer's own mistake is refused too."""
    _, key_id, ticket_id, venue, product, day, slot, days, admits, flags = _CLAIMS.unpack(packed)
    if flags & _CRITICAL_FLAGS:
        raise NewerCode
    if not (venue and product and days and admits):
        raise Malformed
    return Claims(
        key_id=key_id,
        ticket_id=TicketId(UUID(bytes=ticket_id)),
        venue_number=venue,
        product_number=product,
        first_day=DAY_ZERO + timedelta(days=day),
        slot=slot,
        days=days,
        admits=admits,
        flags=flags,
    )
