"""VietQR payloads for a transfer over NAPAS 247: written strictly, read strictly, never repaired.

Source: NAPAS, "Quy định về định dạng mã VietQR trong dịch vụ chuyển nhanh NAPAS247", 1.0, 09/2021.
"""

import re
from binascii import crc_hqx
from dataclasses import dataclass
from typing import Literal

from shared.errors import DomainError
from shared.money import Dong
from shared.qr.banks import BANKS

Service = Literal["account", "card"]

_NAPAS_GUID = "A000000727"
_SERVICE_CODES: dict[Service, str] = {"account": "QRIBFTTA", "card": "QRIBFTTC"}
_SERVICES: dict[str, Service] = {code: service for service, code in _SERVICE_CODES.items()}
_VND, _VIETNAM = "704", "VN"
_STATIC, _DYNAMIC = "11", "12"
# EMVCo bounds a payload at 512 characters; it also bounds what hostile text can cost us.
_PAYLOAD_LIMIT = 512
_AMOUNT_DIGITS = 13
_TEXT_LIMIT = 25


class VietQrRefused(DomainError):
    """The payload would be, or is, no valid VietQR; `reason` says in words what is wrong."""

    code = "vietqr_refused"

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)
        self.reason = reason


class BankBinUnknown(VietQrRefused):
    code = "bank_bin_unknown"


class AccountInvalid(VietQrRefused):
    code = "account_invalid"


class AmountInvalid(VietQrRefused):
    code = "amount_invalid"


class AmountMissing(VietQrRefused):
    code = "amount_missing"


class MemoInvalid(VietQrRefused):
    code = "memo_invalid"


class BillNumberInvalid(VietQrRefused):
    code = "bill_number_invalid"


class PayloadBroken(VietQrRefused):
    """The text read is not a VietQR payload for a transfer."""

    code = "vietqr_payload_broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferQr:
    """What a transfer QR asks for. `static` may be paid many times, with or without an amount (a price tag)."""

    bank_bin: str
    account: str
    amount_vnd: Dong | None = None
    memo: str | None = None
    bill_number: str | None = None
    service: Service = "account"
    static: bool = False


def encode(qr: TransferQr) -> str:
    """The payload to draw as a QR code. Beyond the standard we refuse a dynamic code without an amount."""
    _check(qr)
    if qr.amount_vnd is None and not qr.static:
        raise AmountMissing("a dynamic code needs an amount; without one it must be static")
    beneficiary = _object("00", qr.bank_bin) + _object("01", qr.account)
    additional = _object("01", qr.bill_number) + _object("08", qr.memo)
    body = (
        _object("00", "01")
        + _object("01", _STATIC if qr.static else _DYNAMIC)
        + _object(
            "38", _object("00", _NAPAS_GUID) + _object("01", beneficiary) + _object("02", _SERVICE_CODES[qr.service])
        )
        + _object("53", _VND)
        + _object("54", None if qr.amount_vnd is None else str(qr.amount_vnd))
        + _object("58", _VIETNAM)
        + _object("62", additional or None)
        + "6304"
    )
    return body + crc16(body.encode("ascii"))


def decode(payload: str) -> TransferQr:
    """What a payload asks for; PayloadBroken or another VietQrRefused names what is wrong with it.

    Objects we do not use (merchant name, city, ...) are checked for form and left out.
    """
    objects = _read_payload(payload)
    static = _expect(objects, "01", (_STATIC, _DYNAMIC), "point of initiation") == _STATIC
    _expect(objects, "53", (_VND,), "currency")
    _expect(objects, "58", (_VIETNAM,), "country")
    template = _read_objects(objects.get("38", ""), "object 38")
    _expect(template, "00", (_NAPAS_GUID,), "network of object 38")
    service = _SERVICES[_expect(template, "02", tuple(_SERVICES), "service of object 38")]
    beneficiary = _read_objects(template.get("01", ""), "object 38-01")
    additional = _read_objects(objects["62"], "object 62") if "62" in objects else {}
    qr = TransferQr(
        bank_bin=beneficiary.get("00", ""),
        account=beneficiary.get("01", ""),
        amount_vnd=_read_amount(objects["54"]) if "54" in objects else None,
        memo=additional.get("08"),
        bill_number=additional.get("01"),
        service=service,
        static=static,
    )
    _check(qr)
    return qr


def crc16(payload: bytes) -> str:
    """Checksum that closes a payload ending in "6304": four upper-case hexadecimal digits, zeros kept.

    CRC-16/CCITT-FALSE: poly 0x1021, init 0xFFFF. Source: EMV QR Code, merchant-presented mode, data object 63.
    """
    return f"{crc_hqx(payload, 0xFFFF):04X}"


def _check(qr: TransferQr) -> None:
    if qr.bank_bin not in BANKS:
        raise BankBinUnknown("the bank BIN must be six digits of a bank in our table")
    if not re.fullmatch(r"[0-9A-Za-z]{1,19}", qr.account):
        raise AccountInvalid("the account or card must be 1 to 19 letters or digits")
    if qr.amount_vnd is not None and not _is_amount(qr.amount_vnd):
        raise AmountInvalid("the amount must be a whole number of đồng above 0, at most 13 digits")
    if qr.memo is not None and not _is_text(qr.memo):
        raise MemoInvalid("the memo must be 1 to 25 printable ASCII characters")
    if qr.bill_number is not None and not _is_text(qr.bill_number):
        raise BillNumberInvalid("the bill number must be 1 to 25 printable ASCII characters")


def _is_amount(amount_vnd: Dong) -> bool:
    # True is an int in Python, and 1 đồng is not what it means.
    return type(amount_vnd) is int and 0 < amount_vnd < 10**_AMOUNT_DIGITS


def _is_text(text: str) -> bool:
    return re.fullmatch(rf"[ -~]{{1,{_TEXT_LIMIT}}}", text) is not None


def _object(tag: str, value: str | None) -> str:
    """One data object, or nothing: an empty value may not be written."""
    if value is None:
        return ""
    assert 1 <= len(value) <= 99
    return f"{tag}{len(value):02d}{value}"


def _read_payload(payload: str) -> dict[str, str]:
    if len(payload) > _PAYLOAD_LIMIT:
        raise PayloadBroken(f"longer than {_PAYLOAD_LIMIT} characters")
    try:
        checksum = crc16(payload[:-4].encode("utf-8"))
    except UnicodeEncodeError:
        raise PayloadBroken("not valid Unicode text") from None
    objects = _read_objects(payload, "payload")
    tags = list(objects)
    if tags[0] != "00" or objects["00"] != "01":
        raise PayloadBroken("object 00 must be first and say 01")
    if tags[-1] != "63":
        raise PayloadBroken("object 63, the checksum, must be last")
    if objects["63"] != checksum:
        raise PayloadBroken("the checksum does not match: mistyped or damaged")
    return objects


def _read_objects(text: str, where: str) -> dict[str, str]:
    """Tag to value, in the order read."""
    if not text:
        raise PayloadBroken(f"{where} is missing or empty")
    objects: dict[str, str] = {}
    position = 0
    while position < len(text):
        head = text[position : position + 4]
        if not re.fullmatch(r"[0-9]{4}", head):
            raise PayloadBroken(f"{where}: no tag and length at character {position + 1}")
        tag, length = head[:2], int(head[2:])
        value = text[position + 4 : position + 4 + length]
        if length == 0 or len(value) < length:
            raise PayloadBroken(f"{where}: object {tag} has not the length it states")
        if tag in objects:
            raise PayloadBroken(f"{where}: object {tag} stands twice")
        objects[tag] = value
        position += 4 + length
    return objects


def _expect(objects: dict[str, str], tag: str, allowed: tuple[str, ...], what: str) -> str:
    value = objects.get(tag, "")
    if value not in allowed:
        raise PayloadBroken(f"the {what} (object {tag}) must be {' or '.join(allowed)}")
    return value


def _read_amount(text: str) -> Dong:
    """The standard allows a closing point ("50000."), but the đồng has no decimals."""
    if len(text) > _AMOUNT_DIGITS or not re.fullmatch(r"[0-9]+\.?", text):
        raise AmountInvalid("the amount must be digits only, at most 13")
    return Dong(int(text.removesuffix(".")))
