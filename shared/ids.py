"""Identifiers: UUIDv7 made by whoever starts an action, and the codes that people read aloud."""

import os
import time
from typing import NewType
from uuid import UUID

OrderId = NewType("OrderId", UUID)
TicketId = NewType("TicketId", UUID)
IntentId = NewType("IntentId", UUID)
TransferId = NewType("TransferId", UUID)
CashId = NewType("CashId", UUID)
ScanId = NewType("ScanId", UUID)
DeviceId = NewType("DeviceId", UUID)
PersonId = NewType("PersonId", UUID)
EventId = NewType("EventId", UUID)
VenueId = NewType("VenueId", str)
ProductId = NewType("ProductId", str)
MerchantId = NewType("MerchantId", str)

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LOOK_ALIKES = str.maketrans("OIL", "011")


def uuid7() -> UUID:
    """A new UUIDv7: 48 bits of milliseconds, then 74 random ones. Source: RFC 9562, 5.7."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & (1 << 48) - 1) << 80 | random
    value = value & ~(0xF << 76) | 0x7 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


def crockford_encode(value: int, length: int) -> str:
    """A number as exactly that many Crockford base-32 characters; 0 <= value < 32**length."""
    assert 0 <= value < 32**length
    return "".join(CROCKFORD[value >> 5 * place & 31] for place in range(length - 1, -1, -1))


def fold_look_alikes(text: str) -> str:
    """Upper case with O read as 0, and I and L as 1, as people mistake them."""
    return text.upper().translate(_LOOK_ALIKES)


def check_character(text: str) -> str:
    """The character that makes a code of 0-9 and A-Z hold; catches every single mistyped one.

    Source: ISO/IEC 7064, hybrid system MOD 37,36.
    """
    product = 36
    for character in text:
        total = (product + _ALPHANUMERIC.index(character)) % 36 or 36
        product = total * 2 % 37
    return _ALPHANUMERIC[(37 - product) % 36]
