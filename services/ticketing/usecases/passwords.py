"""Passwords as argon2id hashes, worked out in a thread because each costs 64 MiB and some 50 ms on purpose."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()
# Of a password nobody has, so that an unknown login takes as long as a known one.
_NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$Vn4xjbj71fy4fH0m4f2gDA$OrVAWNtTMIkyZN2EOMe5ZAl8kycjy3n6gPEJqU6WWO8"


async def hash_password(password: str) -> str:
    return await asyncio.to_thread(_HASHER.hash, password)


async def is_password(password: str, hashed: str | None) -> bool:
    """Whether it fits; never when there is no hash, though that takes as long."""
    fits = await asyncio.to_thread(_fits, hashed or _NOBODYS, password)
    return fits and hashed is not None


def _fits(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False
