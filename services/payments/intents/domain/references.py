"""Reference codes: made, checked, and found again in what banks and people leave of a transfer memo.

A code is "HG", seven Crockford base-32 characters and a check character (ISO 7064 MOD 37,36 over the nine before it).
"""

import re
from collections.abc import Callable, Iterator
from typing import NewType

from shared.errors import DomainError
from shared.ids import CROCKFORD, check_character, crockford_encode, fold_look_alikes

Reference = NewType("Reference", str)

PREFIX = "HG"
LENGTH = 10
MEMO_LIMIT = 19
_BODY_LENGTH = 7
_SHAPE = re.compile(rf"{PREFIX}[{CROCKFORD}]{{{LENGTH - len(PREFIX)}}}")
# The look-ahead lets codes overlap, and each start is tried once, so the search stays linear.
_EVERY_START = re.compile(rf"(?={PREFIX}([{CROCKFORD}]{{{LENGTH - len(PREFIX)}}}))")
_WHOLE_WORD = re.compile(r"(?<![0-9A-Za-z])[Hh][Gg][0-9A-Za-z]{8}(?![0-9A-Za-z])")
_NOT_ALPHANUMERIC = bytes(byte for byte in range(128) if not chr(byte).isalnum())


class IntentMemoInvalid(DomainError):
    """The memo has a character that some bank drops, or more of them than the tightest bank API takes."""

    code = "intent_memo_invalid"


def new_reference(draw: Callable[[], int]) -> Reference:
    """A fresh code; each draw() gives 35 random bits.

    A code whose check character would be I, L, O or U is drawn again, so that folding look-alikes never breaks one.
    """
    while True:
        code = PREFIX + crockford_encode(draw(), _BODY_LENGTH)
        check = check_character(code)
        if check in CROCKFORD:
            return Reference(code + check)


def is_reference(text: str) -> bool:
    """Whether the text is a code exactly as we write it, check character included."""
    return _SHAPE.fullmatch(text) is not None and check_character(text[:-1]) == text[-1]


def intent_memo(memo: str) -> str:
    """The memo a payer's app is given, unchanged; IntentMemoInvalid unless every bank keeps it as it is.

    Stricter than VietQR: [A-Z0-9 ] and at most 19.
    """
    if not re.fullmatch(rf"[A-Z0-9 ]{{1,{MEMO_LIMIT}}}", memo) or memo != memo.strip(" "):
        raise IntentMemoInvalid
    return memo


def candidates(memo: str, provider_code: str | None = None) -> list[Reference]:
    """The valid codes a memo may mean, each once, in the order to try; time grows linearly with the memo.

    First the code the provider found, then whole words, then every "HG" with all blanks and signs taken out
    (banks wrap lines inside a code), then the same with O read as 0, and I and L as 1 (people type).
    """
    found: dict[Reference, None] = {}
    rejected: set[str] = set()
    for text in _spellings(memo, provider_code or ""):
        if text in found or text in rejected:
            continue
        if is_reference(text):
            found[Reference(text)] = None
        else:
            rejected.add(text)
    return list(found)


def _spellings(memo: str, provider_code: str) -> Iterator[str]:
    code = _alphanumerics(provider_code)
    yield code
    yield fold_look_alikes(code)
    for match in _WHOLE_WORD.finditer(memo):
        yield match[0].upper()
    squeezed = _alphanumerics(memo)
    for text in (squeezed, fold_look_alikes(squeezed)):
        for match in _EVERY_START.finditer(text):
            yield PREFIX + match[1]


def _alphanumerics(text: str) -> str:
    """Upper case with everything but ASCII letters and digits gone, zero-width and bidi characters included.

    Dropped before it is put in upper case: "ß" and "ﬁ" would turn into letters of a code.
    """
    return text.encode("ascii", "ignore").translate(None, _NOT_ALPHANUMERIC).decode("ascii").upper()
