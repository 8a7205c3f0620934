"""VietQR on random valid cases: read back the same, equal to two published libraries, readable as an image."""

from dataclasses import replace
from io import BytesIO

import qrcode
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from qr_pay import QRPay as NapasQr
from vietnam_qr_pay import QRPay as VietnamQr
from vietnam_qr_pay import VietQRService

from shared.money import Dong
from shared.qr.banks import BANKS
from shared.qr.vietqr import TransferQr, VietQrRefused, decode, encode
from tests.support.scope import examples

ASCII = "".join(map(chr, range(32, 127)))
LETTERS_AND_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

banks = st.sampled_from(sorted(BANKS))
accounts = st.text(LETTERS_AND_DIGITS, min_size=1, max_size=19)
amounts = st.integers(1, 10**13 - 1).map(Dong)
texts = st.text(ASCII, min_size=1, max_size=25)
dynamic = st.builds(
    TransferQr,
    bank_bin=banks,
    account=accounts,
    amount_vnd=amounts,
    memo=st.none() | texts,
    bill_number=st.none() | texts,
    service=st.sampled_from(["account", "card"]),
)
static = st.builds(
    TransferQr,
    bank_bin=banks,
    account=accounts,
    amount_vnd=st.none() | amounts,
    memo=st.none() | texts,
    bill_number=st.none() | texts,
    service=st.sampled_from(["account", "card"]),
    static=st.just(True),
)


@settings(max_examples=examples(500))
@given(dynamic | static)
def test_what_is_written_is_read_back_the_same(qr: TransferQr) -> None:
    assert decode(encode(qr)) == qr


@settings(max_examples=examples(500))
@given(dynamic | static)
def test_napas_qr_python_writes_the_same(qr: TransferQr) -> None:
    peer = NapasQr(
        qr.bank_bin,
        qr.account,
        qr.amount_vnd,
        qr.memo,
        point_of_initiation_method="STATIC" if qr.static else "DYNAMIC",
        service_code="CARD" if qr.service == "card" else "ACCOUNT",
        bill_number=qr.bill_number,
    )
    assert encode(qr) == peer.code


@settings(max_examples=examples(500))
@given(dynamic | static)
def test_vietnam_qr_pay_writes_the_same(qr: TransferQr) -> None:
    # It has no flag of its own: static is what has no amount.
    qr = replace(qr, static=qr.amount_vnd is None)
    peer = VietnamQr.init_viet_qr(
        qr.bank_bin,
        qr.account,
        None if qr.amount_vnd is None else str(qr.amount_vnd),
        qr.memo,
        VietQRService.BY_CARD_NUMBER if qr.service == "card" else VietQRService.BY_ACCOUNT_NUMBER,
    )
    peer.additional_data.bill_number = qr.bill_number
    assert encode(qr) == peer.build()


@settings(max_examples=examples(200))
@given(dynamic | static)
def test_vietnam_qr_pay_reads_what_we_write(qr: TransferQr) -> None:
    peer = VietnamQr(encode(qr))
    assert peer.is_valid
    assert (peer.consumer.bank_bin, peer.consumer.bank_number) == (qr.bank_bin, qr.account)
    assert (peer.additional_data.purpose, peer.additional_data.bill_number) == (qr.memo, qr.bill_number)
    assert peer.amount == (None if qr.amount_vnd is None else str(qr.amount_vnd))


@settings(max_examples=examples(25), deadline=None)
@given(dynamic | static)
def test_a_drawn_code_is_read_back_by_a_decoder(qr: TransferQr) -> None:
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=4, box_size=4)
    code.add_data(encode(qr))
    png = BytesIO()
    code.make_image().save(png)
    read = zxingcpp.read_barcodes(Image.open(png))
    assert [decode(barcode.text) for barcode in read] == [qr]


@settings(max_examples=examples(300))
@given(st.text() | st.text("0123456789", max_size=60))
def test_any_text_is_read_or_refused_by_name(text: str) -> None:
    for payload in (
        text,
        "000201010211" + text,
        encode(TransferQr(bank_bin="970436", account="1", static=True)) + text,
    ):
        try:
            read = decode(payload)
        except VietQrRefused:
            continue
        assert encode(read) == payload


@settings(max_examples=examples(300))
@given(dynamic, st.data())
def test_a_damaged_payload_never_asks_for_other_money(qr: TransferQr, data: st.DataObject) -> None:
    """One character replaced, dropped or put in: the checksum and the lengths notice."""
    payload = encode(qr)
    position = data.draw(st.integers(0, len(payload) - 1))
    character = data.draw(st.sampled_from(ASCII))
    for damaged in (
        payload[:position] + character + payload[position + 1 :],
        payload[:position] + payload[position + 1 :],
        payload[:position] + character + payload[position:],
    ):
        if damaged == payload:
            continue
        try:
            read = decode(damaged)
        except VietQrRefused:
            continue
        assert read == qr
