"""SePay's webhook body (`bank.sepay_transfer.v1`) read into a BankTransfer. Strict on money, lenient on the rest.

Source: developer.sepay.vn/en/sepay-webhooks. Unknown fields are ignored, as SePay may add some.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NoReturn, cast

from services.payments.transfers.domain.bank import BankTransfer, BrokenTransfer, Direction
from shared.clock import ZONE
from shared.money import Dong
from shared.qr.banks import find_bin

_AMOUNT_LIMIT = 10**13
_ID_LIMIT = 2**63
_LOCAL_TIME = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
_DIRECTIONS: Mapping[str, Direction] = {"in": "in", "out": "out"}


def read_transfer(body: bytes) -> BankTransfer:
    """The transfer a SePay body tells of; BrokenTransfer if it breaks the contract."""
    fields = _read_object(body)
    return BankTransfer(
        provider="sepay",
        provider_id=str(_whole_number(fields, "id", _ID_LIMIT)),
        bank_reference=_token(fields, "referenceCode", r"[!-~](?:[ -~]{0,98}[!-~])?"),
        account=_token(fields, "accountNumber", r"[0-9A-Za-z]{1,34}"),
        direction=_direction(fields),
        amount_vnd=Dong(_whole_number(fields, "transferAmount", _AMOUNT_LIMIT)),
        memo=_free_text(fields, "content") or _free_text(fields, "description"),
        provider_code=_free_text(fields, "code") or None,
        occurred_at=_instant(fields, "transactionDate"),
        bank_code=find_bin(_free_text(fields, "gateway")) or "",
    )


def _read_object(body: bytes) -> Mapping[str, object]:
    try:
        value: object = json.loads(
            body.decode("utf-8"), object_pairs_hook=_unique_members, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError):
        raise BrokenTransfer("the body is not JSON in UTF-8") from None
    if not isinstance(value, dict):
        raise BrokenTransfer("the body is not a JSON object")
    return cast("Mapping[str, object]", value)


def _unique_members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    # Of two amounts in one body no reader can say which is meant.
    members = dict(pairs)
    if len(members) < len(pairs):
        raise BrokenTransfer("a field stands twice")
    return members


def _refuse_constant(_: str) -> NoReturn:
    raise BrokenTransfer("the body has a number that JSON does not know")


def _whole_number(fields: Mapping[str, object], name: str, limit: int) -> int:
    value = fields.get(name)
    # True is an int in Python, and 1000.0 is a float however whole it looks.
    if type(value) is not int or not 0 < value < limit:
        raise BrokenTransfer(f"{name} is not a whole number above 0")
    return value


def _token(fields: Mapping[str, object], name: str, pattern: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or re.fullmatch(pattern, value) is None:
        raise BrokenTransfer(f"{name} is missing or malformed")
    return value


def _direction(fields: Mapping[str, object]) -> Direction:
    value = fields.get("transferType")
    if not isinstance(value, str) or value not in _DIRECTIONS:
        raise BrokenTransfer("transferType is neither in nor out")
    return _DIRECTIONS[value]


def _free_text(fields: Mapping[str, object], name: str) -> str:
    """A text as given, or "". What PostgreSQL cannot store (NUL, lone surrogates) becomes U+FFFD.

    The money is real whatever the memo holds, so text never makes a transfer broken.
    """
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BrokenTransfer(f"{name} is not a text")
    return re.sub("[\0\ud800-\udfff]", "\ufffd", value)


def _instant(fields: Mapping[str, object], name: str) -> datetime:
    """SePay writes the bank's wall clock without a zone; Việt Nam has had one zone and no summer time since 1975."""
    value = fields.get(name)
    if not isinstance(value, str) or _LOCAL_TIME.fullmatch(value) is None:
        raise BrokenTransfer(f"{name} is not a time as Y-m-d H:i:s")
    try:
        return datetime.fromisoformat(value).replace(tzinfo=ZONE).astimezone(UTC)
    except ValueError:
        raise BrokenTransfer(f"{name} is not a time of the calendar") from None
