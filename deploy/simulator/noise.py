"""What banks and people make of a transfer memo. Shapes as seen in public code; all names and numbers are made up."""

import random
import re
from collections.abc import Callable

Noise = Callable[[str, random.Random], str]
_REFERENCE = re.compile(r"HG[0-9A-Z]{8}")


def bank_noise(memo: str, rng: random.Random) -> str:
    """The memo after the banks on its way: wrapped, cut by blanks, given numbers; the code stays findable."""
    return rng.choice(BANK_SHAPES)(memo, rng)


def typed_by_hand(memo: str, rng: random.Random) -> str:
    """The memo as a careless person copies it, still readable: lower case, dashes, the letter O for a zero."""
    return rng.choice(TYPING_SHAPES)(memo, rng)


def lose_reference(memo: str, rng: random.Random) -> str:
    """The memo with its code mangled or left out, so that only a person can tell what it pays."""
    return rng.choice(LOSING_SHAPES)(memo, rng)


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choices("0123456789", k=count))


def _unchanged(memo: str, _: random.Random) -> str:
    return memo


def _from_vietcombank(memo: str, rng: random.Random) -> str:
    return (
        f"MBVCB.{_digits(rng, 10)}.{_digits(rng, 6)}.{memo}."
        f"CT tu 0000{_digits(rng, 9)} NGUYEN VAN A toi 0000{_digits(rng, 8)} DEMO B tai AGRIBANK"
    )


def _vietcombank_wrapped(memo: str, rng: random.Random) -> str:
    """A fixed-width line ends inside the code, which puts a blank into it."""
    cut = rng.randrange(1, max(2, min(len(memo), 10)))
    return f"MBVCB.{_digits(rng, 10)}.6106BFTVG00AA0 1 .{memo[:cut]} {memo[cut:]}.CT tu 0000{_digits(rng, 9)}"


def _into_mb(memo: str, rng: random.Random) -> str:
    trace = f"{_digits(rng, 3)} {_digits(rng, 3)}"
    return f"CUSTOMER {memo}   Ma giao dich  Trace{trace} Trace {trace.replace(' ', '')}"


def _into_acb(memo: str, rng: random.Random) -> str:
    return f"{memo} GD {_digits(rng, 6)}-{_digits(rng, 6)} 09:15:04"


def _from_momo(memo: str, rng: random.Random) -> str:
    wallet = f"1100{_digits(rng, 8)}"
    return f"{wallet}-{memo}-CHUYEN TIEN-OQCH000AAAAA-MOMO{wallet}MOMO"


def _napas_inbound(memo: str, rng: random.Random) -> str:
    return f"CT DEN:{_digits(rng, 12)} {memo}"


def _ibft(memo: str, _: random.Random) -> str:
    return f"IBFT {memo}"


def _lower_case(memo: str, _: random.Random) -> str:
    return memo.lower()


def _dashes(memo: str, _: random.Random) -> str:
    return _REFERENCE.sub(lambda found: f"{found[0][:2]}-{found[0][2:6]}-{found[0][6:]}", memo)


def _letter_o(memo: str, _: random.Random) -> str:
    return _REFERENCE.sub(lambda found: found[0].replace("0", "O"), memo)


def _only_nine_characters(memo: str, _: random.Random) -> str:
    return _REFERENCE.sub(lambda found: found[0][:9], memo)


def _one_mistyped(memo: str, _: random.Random) -> str:
    """Any character of the code changed for another one, which its check character notices."""
    return _REFERENCE.sub(lambda found: found[0][:4] + ("7" if found[0][4] != "7" else "8") + found[0][5:], memo)


def _nothing_of_it(_memo: str, _: random.Random) -> str:
    return "chuyen tien ve tham quan"


BANK_SHAPES: tuple[Noise, ...] = (
    _unchanged, _from_vietcombank, _vietcombank_wrapped, _into_mb, _into_acb, _from_momo, _napas_inbound, _ibft,
)  # fmt: skip
TYPING_SHAPES: tuple[Noise, ...] = (_lower_case, _dashes, _letter_o)
LOSING_SHAPES: tuple[Noise, ...] = (_only_nine_characters, _one_mistyped, _nothing_of_it)
