"""Line tools on the domain: one input line gives one JSON object. No input may crash them or go unanswered."""

import json
from collections.abc import Mapping
from typing import IO, NoReturn, cast

from services.payments.intents.domain.references import candidates
from shared.money import Dong
from shared.process.lines import InputRefused, answer_lines
from shared.qr.vietqr import TransferQr, VietQrRefused, encode

_QR_FIELDS = frozenset({"bank_bin", "account", "amount_vnd", "memo", "static"})
_QR_LINE_BYTES = 64 * 1024
_MEMO_LINE_BYTES = 64 * 1024 * 1024


def qr_lines(source: IO[bytes], target: IO[bytes]) -> None:
    """Per line `{"bank_bin", "account", "amount_vnd"?, "memo"?, "static"?}` writes `{"payload"}` or `{"error"}`."""
    answer_lines(source, target, _QR_LINE_BYTES, _qr_answer)


def reference_lines(source: IO[bytes], target: IO[bytes]) -> None:
    """Per line, a memo as it is, writes `{"memo", "candidates"}` in the order to try."""
    answer_lines(source, target, _MEMO_LINE_BYTES, _references_answer)


def _references_answer(line: bytes) -> Mapping[str, object]:
    memo = line.decode("utf-8", errors="replace")
    return {"memo": memo, "candidates": candidates(memo)}


def _qr_answer(line: bytes) -> Mapping[str, object]:
    fields = _read_object(line)
    unknown = sorted(fields.keys() - _QR_FIELDS)
    if unknown:
        raise InputRefused(f"unknown field {unknown[0]!r}")
    try:
        payload = encode(
            TransferQr(
                bank_bin=_text(fields, "bank_bin"),
                account=_text(fields, "account"),
                amount_vnd=_amount(fields),
                memo=_text(fields, "memo") if "memo" in fields else None,
                static=_flag(fields, "static"),
            )
        )
    except VietQrRefused as refused:
        raise InputRefused(f"{refused.code}: {refused.reason}") from None
    return {"payload": payload}


def _read_object(line: bytes) -> Mapping[str, object]:
    try:
        value: object = json.loads(
            line.decode("utf-8"), object_pairs_hook=_unique_members, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError):
        raise InputRefused("not JSON in UTF-8") from None
    if not isinstance(value, dict):
        raise InputRefused("not a JSON object")
    return cast("Mapping[str, object]", value)


def _unique_members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise InputRefused("a field stands twice")
    return members


def _refuse_constant(_: str) -> NoReturn:
    raise InputRefused("not JSON: NaN and Infinity are no numbers of it")


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise InputRefused(f"{name} must be a text")
    return value


def _amount(fields: Mapping[str, object]) -> Dong | None:
    if "amount_vnd" not in fields:
        return None
    value = fields["amount_vnd"]
    if type(value) is not int:
        raise InputRefused("amount_vnd must be a whole number")
    return Dong(value)


def _flag(fields: Mapping[str, object], name: str) -> bool:
    value = fields.get(name, False)
    if not isinstance(value, bool):
        raise InputRefused(f"{name} must be true or false")
    return value
