"""The short code under a ticket's QR, for typing when no camera helps.

Nine Crockford characters and a check character. It is a name, not a proof: unlike the QR it
carries no signature, so a gate believes it only by its manifest (docs/ticket-code.md, section 8).
"""

import hashlib
import secrets
from datetime import date
from typing import ClassVar, NewType

from shared.ids import CROCKFORD, check_character, crockford_encode, fold_look_alikes

ShortCode = NewType("ShortCode", str)

LENGTH = 10
_BODY = LENGTH - 1
# Payment references (HG + 7 + check) have the same length and check: never draw one that could be.
_PAYMENT_REFERENCE_PREFIX = "HG"
# Blanks and dashes of keyboards, chat apps and print; all others are characters of the code.
_SEPARATORS = dict.fromkeys(map(ord, " \t\r\n\u00a0\u2009\u202f-\u2010\u2011\u2012\u2013\u2014_."))


class UnreadableShortCode(Exception):
    """What was typed is no short code; each subclass says why. It becomes a verdict, never the answer to a request."""

    code: ClassVar[str]


class ShortCodeLength(UnreadableShortCode):
    """Too few or too many characters."""

    code = "short_code_length"


class ShortCodeCharacter(UnreadableShortCode):
    """A character that no short code has."""

    code = "short_code_character"


class ShortCodeCheck(UnreadableShortCode):
    """The check character does not match: something was mistyped."""

    code = "short_code_check"


class PaymentReference(UnreadableShortCode):
    """The reference of a bank transfer (HG...), typed instead of the ticket's short code."""

    code = "payment_reference"


def draw() -> ShortCode:
    """A new random short code, 45 bits; whoever stores it must hold it unique.

    One whose check character would be I, L, O or U is drawn again: so folding look-alikes never
    breaks a code, and all ten characters are Crockford's.
    """
    while True:
        body = crockford_encode(secrets.randbelow(32**_BODY), _BODY)
        check = check_character(body)
        if check in CROCKFORD and not body.startswith(_PAYMENT_REFERENCE_PREFIX):
            return ShortCode(body + check)


def parse(text: str) -> ShortCode:
    """The code that a person typed: case, blanks, dashes, O for 0, and I and L for 1 don't matter.

    Raises ShortCodeCharacter, ShortCodeLength, ShortCodeCheck or PaymentReference, in this order.
    """
    typed = text.translate(_SEPARATORS)
    # ASCII first: the upper case of other scripts can be a letter of ours ("ſ" turns into "S").
    for character in typed:
        if not character.isascii() or fold_look_alikes(character) not in CROCKFORD:
            raise ShortCodeCharacter
    if len(typed) != LENGTH:
        raise ShortCodeLength
    folded = fold_look_alikes(typed)
    if check_character(folded[:_BODY]) != folded[_BODY]:
        raise ShortCodeCheck
    if folded.startswith(_PAYMENT_REFERENCE_PREFIX):
        raise PaymentReference
    return ShortCode(folded)


def grouped(code: ShortCode) -> str:
    """The code as people see it: XXXX-XXXX-XX."""
    return "-".join(code[start : start + 4] for start in range(0, LENGTH, 4))


def short_code_hash(code: ShortCode, venue_number: int, first_day: date) -> str:
    """What a gate's manifest knows of a ticket's code: 3 bytes of a salted SHA-256, in lower-case hex.

    The salt is the ticket's venue and first day. So few bytes fit two million codes, so that nobody reads a code off a
    lost phone; one and the same salt for each ticket, because two lists with two hashes would tell it.
    """
    return hashlib.sha256(f"{venue_number}.{first_day.isoformat()}.{code}".encode()).digest()[:3].hex()
