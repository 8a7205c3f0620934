"""Base45 as in RFC 9285, strict: one text for every byte string, upper case, nothing skipped."""

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
    data = bytearray()
    for start in range(0, len(digits), 3):
        group = digits[start : start + 3]
        width = len(group) - 1
        value = sum(digit * 45**place for place, digit in enumerate(group))
        # The bound makes the code canonical: 3 characters could say 91124, 2 bytes only 65535.
        if width == 0 or value >> 8 * width:
            raise NotBase45("group")
        data += value.to_bytes(width, "big")
    return bytes(data)
