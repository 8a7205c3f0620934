"""Base45 as in RFC 9285, strict: one text for every byte string, upper case, nothing skipped."""

import struct

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_DIGITS = {character: digit for digit, character in enumerate(ALPHABET)}


class NotBase45(ValueError):
    """The text is no base45: a strange character, an impossible length or a group too large."""


def encode(data: bytes) -> str:
    """Three characters for two bytes, two for a last single one; all of QR's alphanumeric set."""
    text: list[str] = []
    for start in range(0, len(data) - 1, 2):
        value = data[start] << 8 | data[start + 1]
        text += ALPHABET[value % 45], ALPHABET[value // 45 % 45], ALPHABET[value // 2025]
    if len(data) % 2:
        text += ALPHABET[data[-1] % 45], ALPHABET[data[-1] // 45]
    return "".join(text)


def decode(text: str) -> bytes:
    """The bytes behind a text; raises NotBase45 for any text that `encode` could not have made."""
    try:
        digits = [_DIGITS[character] for character in text]
    except KeyError:
        raise NotBase45("character") from None
    whole = len(digits) - len(digits) % 3
    values = [
        low + middle * 45 + high * 2025
        for low, middle, high in zip(digits[0:whole:3], digits[1:whole:3], digits[2:whole:3], strict=True)
    ]
    # The bound makes the code canonical: 3 characters could say 91124, 2 bytes only 65535.
    if len(digits) - whole == 1 or max(values, default=0) > 0xFFFF:
        raise NotBase45("group")
    data = struct.pack(f">{len(values)}H", *values)
    if whole == len(digits):
        return data
    last = digits[whole] + digits[whole + 1] * 45
    if last > 0xFF:
        raise NotBase45("group")
    return data + bytes([last])
