"""From where an order is placed, as a hash that says nothing to whoever reads the database, for some hours."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date

_LENGTH = 16


@dataclass(frozen=True, slots=True)
class AddressHasher:
    """secret: bytes that only this service has. Each day has its own key, so no house is followed into the next one."""

    secret: bytes

    def hash_of(self, address: str, day: date) -> bytes:
        """16 bytes for an IPv4 address or the /64 of an IPv6 one."""
        key = hmac.digest(self.secret, f"address of an order on {day.isoformat()}".encode(), hashlib.sha256)
        return hmac.digest(key, address.encode(), hashlib.sha256)[:_LENGTH]


def queue_of(address_hash: bytes) -> int:
    """The number under which orders from one address wait for each other."""
    return int.from_bytes(address_hash[:8], signed=True)
