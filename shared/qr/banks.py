"""The banks a VietQR may name, keyed by BIN, and what holds for a transfer at all of them.

Names change, BINs stay, so nothing else may serve as a key.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from shared.money import Dong

# From this amount on a payer's bank app asks for a face check, which takes its time. Source: Decision 2345/QĐ-NHNN.
FACE_CHECK_FROM_VND = Dong(10_000_000)


@dataclass(frozen=True, slots=True)
class Bank:
    """A member of NAPAS 247. `former_names` are names that feeds and people still use for it."""

    bank_bin: str
    name: str
    former_names: tuple[str, ...] = ()


# Names as of 2026-07-01. Source: npm vietnam-qr-pay 1.5.1, checked against bank.csv of subiz/vietqr.
_TABLE = (
    Bank("422589", "CIMB"),
    Bank("546034", "Cake"),
    Bank("546035", "Ubank"),
    Bank("963369", "Liobank"),
    Bank("963388", "Timo"),
    Bank("970400", "Saigonbank"),
    Bank("970403", "Sacombank"),
    Bank("970405", "Agribank"),
    Bank("970406", "Vikki", ("DongA",)),
    Bank("970407", "Techcombank"),
    Bank("970408", "GPBank"),
    Bank("970409", "Bac A"),
    Bank("970412", "PVcom"),
    Bank("970414", "MBV", ("Oceanbank",)),
    Bank("970415", "VietinBank"),
    Bank("970416", "ACB"),
    Bank("970418", "BIDV"),
    Bank("970419", "NCB"),
    Bank("970422", "MB"),
    Bank("970423", "TPBank"),
    Bank("970424", "Shinhan"),
    Bank("970425", "ABBank"),
    Bank("970426", "MSB"),
    Bank("970427", "VietABank"),
    Bank("970428", "Nam A"),
    Bank("970429", "SCB"),
    Bank("970430", "PGBank"),
    Bank("970431", "Eximbank"),
    Bank("970432", "VPBank"),
    Bank("970433", "VietBank"),
    Bank("970436", "Vietcombank"),
    Bank("970437", "HDBank"),
    Bank("970438", "BaoViet"),
    Bank("970440", "SeABank"),
    Bank("970441", "VIB"),
    Bank("970443", "SHB"),
    Bank("970444", "CBBank"),
    Bank("970446", "Co-opBank"),
    Bank("970448", "OCB"),
    Bank("970449", "LPBank", ("LienVietPostBank",)),
    Bank("970452", "Kienlong"),
    Bank("970454", "BVBank", ("VietCapitalBank",)),
    Bank("970457", "Woori"),
    Bank("970458", "UOB"),
    Bank("971025", "MoMo"),
)

BANKS: Mapping[str, Bank] = {bank.bank_bin: bank for bank in _TABLE}


def find_bin(name: str) -> str | None:
    """The BIN of a bank by the name a feed gives it ("MBBank", "Nam A Bank"), or None."""
    return _BIN_BY_NAME.get(_plain(name))


def _plain(name: str) -> str:
    return re.sub(r"[^0-9a-z]", "", name.lower()).removesuffix("bank")


_BIN_BY_NAME: Mapping[str, str] = {
    _plain(name): bank.bank_bin for bank in _TABLE for name in (bank.name, *bank.former_names)
}
