"""VietQR against the standard's own examples and the cases on which published libraries disagree."""

from dataclasses import replace

import pytest
from qr_pay import QRPay as NapasQr
from vietnam_qr_pay import QRPay as VietnamQr

from shared.money import Dong
from shared.qr import vietqr
from shared.qr.banks import BANKS, find_bin
from shared.qr.vietqr import TransferQr, VietQrRefused, crc16, decode, encode

ACCOUNT = TransferQr(bank_bin="970403", account="0011012345678", static=True)
CARD = TransferQr(bank_bin="970403", account="9704031101234567", service="card", static=True)
BILL = TransferQr(
    bank_bin="970403",
    account="0011012345678",
    amount_vnd=Dong(180_000),
    bill_number="NPS6869",
    memo="thanh toan don hang",
)
GOLDEN = {
    "6.1.1 static account": (
        ACCOUNT,
        "00020101021138570010A00000072701270006970403011300110123456780208QRIBFTTA53037045802VN63049E6F",
    ),
    "6.1.2 static card": (
        CARD,
        "00020101021138600010A00000072701300006970403011697040311012345670208QRIBFTTC53037045802VN63044F52",
    ),
    "6.1.3 dynamic account": (
        BILL,
        (
            "00020101021238570010A00000072701270006970403011300110123456780208QRIBFTTA530370454061800005802VN"
            "62340107NPS68690819thanh toan don hang63042E2E"
        ),
    ),
    "6.1.4 dynamic card": (
        replace(BILL, account="9704031101234567", service="card"),
        (
            "00020101021238600010A00000072701300006970403011697040311012345670208QRIBFTTC530370454061800005802VN"
            "62340107NPS68690819thanh toan don hang6304A203"
        ),
    ),
}
MISPRINT_6_1_1 = "00020101021138570010A00000072701270006970403011200110123456780208QRIBFTTA53037045802VN6304F4E5"
DYNAMIC = TransferQr(bank_bin="970436", account="1031900078", amount_vnd=Dong(60_000), memo="HG4K7P2M9E")


def signed(body: str) -> str:
    """A payload whose checksum is right, so that only what stands in it can be refused."""
    return f"{body}6304{crc16((body + '6304').encode())}"


@pytest.mark.parametrize(("qr", "payload"), GOLDEN.values(), ids=GOLDEN.keys())
def test_examples_of_the_standard_are_written_byte_for_byte(qr: TransferQr, payload: str) -> None:
    assert encode(qr) == payload


@pytest.mark.parametrize(("qr", "payload"), GOLDEN.values(), ids=GOLDEN.keys())
def test_examples_of_the_standard_are_read(qr: TransferQr, payload: str) -> None:
    assert decode(payload) == qr


def test_the_misprint_of_the_standard_is_refused_although_its_checksum_holds() -> None:
    assert crc16(MISPRINT_6_1_1[:-4].encode()) == MISPRINT_6_1_1[-4:]
    with pytest.raises(vietqr.PayloadBroken):
        decode(MISPRINT_6_1_1)


def test_checksum_is_crc_16_ccitt_false() -> None:
    assert crc16(b"123456789") == "29B1"


@pytest.mark.parametrize(("account", "end"), [("1031900078", "63040022"), ("1031900058", "63040C51")])
def test_leading_zeros_of_the_checksum_are_kept(account: str, end: str) -> None:
    payload = encode(TransferQr(bank_bin="970436", account=account, static=True))
    assert payload.endswith(end)
    assert decode(payload).account == account


def test_a_static_code_may_have_an_amount() -> None:
    price_tag = replace(DYNAMIC, static=True)
    assert encode(price_tag).startswith("000201010211")
    assert decode(encode(price_tag)) == price_tag


def test_a_code_without_an_amount_has_no_amount_object_and_is_static() -> None:
    payload = encode(TransferQr(bank_bin="970436", account="1031900078", memo="HG4K7P2M9E", static=True))
    assert "5303704" + "5802VN" in payload
    assert "None" not in payload


def test_a_dynamic_code_needs_an_amount() -> None:
    with pytest.raises(vietqr.AmountMissing):
        encode(replace(DYNAMIC, amount_vnd=None))


def test_nothing_is_written_that_was_not_asked_for() -> None:
    tags = {"00", "01", "38", "53", "54", "58", "62", "63"}
    payload, position, seen = encode(DYNAMIC), 0, set[str]()
    while position < len(payload):
        seen.add(payload[position : position + 2])
        position += 4 + int(payload[position + 2 : position + 4])
    assert seen == tags


@pytest.mark.parametrize("account", ["A", "1" * 19, "VIETQR0001abcXYZ", "0"])
def test_accounts_of_1_to_19_letters_or_digits_are_taken(account: str) -> None:
    assert decode(encode(replace(DYNAMIC, account=account))).account == account


@pytest.mark.parametrize(
    "account", ["", "1" * 20, "1031 900078", "1031-900078", " 1031900078", "10319\n", "1031900078\n", "١٢٣", "é"]
)
def test_other_accounts_are_refused(account: str) -> None:
    with pytest.raises(vietqr.AccountInvalid):
        encode(replace(DYNAMIC, account=account))


@pytest.mark.parametrize(
    "bank_bin", ["97043", "VCB", "", "9704366", "970499", "000000", " 970436", "970436\n", "９７０４３６"]
)
def test_a_bin_outside_our_table_is_refused(bank_bin: str) -> None:
    with pytest.raises(vietqr.BankBinUnknown):
        encode(replace(DYNAMIC, bank_bin=bank_bin))


@pytest.mark.parametrize("amount_vnd", [1, 2_000, 10**13 - 1])
def test_whole_amounts_up_to_13_digits_are_taken(amount_vnd: int) -> None:
    assert decode(encode(replace(DYNAMIC, amount_vnd=Dong(amount_vnd)))).amount_vnd == amount_vnd


@pytest.mark.parametrize("amount_vnd", [0, -5, 10**13, True, 1000.5, 1000.0])
def test_other_amounts_are_refused(amount_vnd: Dong) -> None:
    with pytest.raises(vietqr.AmountInvalid):
        encode(replace(DYNAMIC, amount_vnd=amount_vnd))


@pytest.mark.parametrize("memo", ["X", "A" * 25, "Nha nghi #3, 2 dem!", "***", " a "])
def test_memos_of_1_to_25_printable_ascii_characters_are_taken(memo: str) -> None:
    assert decode(encode(replace(DYNAMIC, memo=memo))).memo == memo


@pytest.mark.parametrize(
    "memo", ["", "A" * 26, "A" * 95, "A" * 96, "thanh toán", "A\nB", "A\n", "tab\t", "\x7f", "\u202eA"]
)
def test_other_memos_are_refused(memo: str) -> None:
    with pytest.raises(vietqr.MemoInvalid):
        encode(replace(DYNAMIC, memo=memo))


@pytest.mark.parametrize("bill_number", ["", "B" * 26, "hoá đơn"])
def test_a_bill_number_has_the_same_limits_as_a_memo(bill_number: str) -> None:
    with pytest.raises(vietqr.BillNumberInvalid):
        encode(replace(DYNAMIC, bill_number=bill_number))


def test_longest_payload_still_has_two_digit_lengths() -> None:
    longest = TransferQr(
        bank_bin="970436", account="9" * 19, amount_vnd=Dong(10**13 - 1), memo="M" * 25, bill_number="B" * 25
    )
    assert decode(encode(longest)) == longest
    assert "6258" in encode(longest)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "must be first"),
        ("000202", "must be first"),
        ("010211000201", "must be first"),
        ("000201010211XX05", "no tag and length"),
        ("0002010102115200", "the length"),
        ("00020101021101021153037045802VN", "twice"),
        ("000201010213", "object 01"),
        ("00020101021153038405802VN", "currency"),
        ("00020101021153037045802TH", "country"),
        ("00020101021153037045802VN", "object 38"),
        ("00020101021138140010A0000007285303704" + "5802VN", "object 00"),
        ("0002010102113838" + "0010A000000727" + "0108QRIBFTTA" + "0208QRIBFTTX" + "53037045802VN", "service"),
    ],
)
def test_a_payload_is_refused_with_what_is_wrong(body: str, reason: str) -> None:
    with pytest.raises(vietqr.PayloadBroken) as refused:
        decode(signed(body))
    assert reason in refused.value.reason


@pytest.mark.parametrize("text", ["", "6304", "hello", "00020101", "\ud800", "https://x.example/?a=1"])
def test_text_that_is_no_vietqr_is_refused_by_name(text: str) -> None:
    with pytest.raises(VietQrRefused):
        decode(text)


def test_a_checksum_in_lower_case_is_refused() -> None:
    payload = encode(TransferQr(bank_bin="970436", account="1031900058", static=True))
    with pytest.raises(vietqr.PayloadBroken):
        decode(payload[:-4] + payload[-4:].lower())


def test_ten_million_characters_are_refused_at_once() -> None:
    with pytest.raises(vietqr.PayloadBroken):
        decode("0" * 10_000_000)


def test_every_single_changed_character_is_noticed() -> None:
    payload = encode(DYNAMIC)
    for position in range(len(payload)):
        changed = payload[:position] + ("7" if payload[position] != "7" else "8") + payload[position + 1 :]
        with pytest.raises(VietQrRefused):
            decode(changed)


@pytest.mark.parametrize(("text", "amount_vnd"), [("0550000", 50_000), ("0650000.", 50_000)])
def test_an_amount_is_read_with_and_without_a_closing_point(text: str, amount_vnd: int) -> None:
    assert decode(with_amount(text)).amount_vnd == amount_vnd


@pytest.mark.parametrize("text", ["0650 000", "0750000.5", "0800000000", "02-5", "14" + "1" * 14, "04None"])
def test_an_amount_that_is_no_whole_sum_of_dong_is_not_read(text: str) -> None:
    with pytest.raises(vietqr.AmountInvalid):
        decode(with_amount(text))


def with_amount(length_and_value: str) -> str:
    head, tail = encode(replace(ACCOUNT))[:-8].split("5303704")
    return signed(f"{head}530370454{length_and_value}{tail}")


def test_objects_that_we_do_not_use_are_passed_over() -> None:
    head, tail = encode(DYNAMIC)[:-8].split("5802VN")
    merchant = "5909CUA HANG " + "6008HA GIANG" + "6105310000"[:-1]
    assert decode(signed(f"{head}5802VN{merchant}{tail}6412" + "0002vi0102Đá")) == DYNAMIC


def test_leading_zeros_of_an_account_survive() -> None:
    assert decode(encode(replace(DYNAMIC, account="0000000001"))).account == "0000000001"


class TestWherePublishedLibrariesDisagree:
    """Each was seen with the named library; the standard decides who is right."""

    def test_memo_above_25_is_refused_though_both_peers_write_it(self) -> None:
        assert "0826" in NapasQr("970436", "1031900078", 60_000, "A" * 26).code
        assert "0826" in VietnamQr.init_viet_qr("970436", "1031900078", "60000", "A" * 26).build()

    def test_memo_of_96_breaks_the_lengths_of_a_peer_without_an_error(self) -> None:
        corrupt = VietnamQr.init_viet_qr("970436", "1031900078", "60000", "A" * 96).build()
        with pytest.raises(vietqr.PayloadBroken):
            decode(corrupt)

    def test_negative_amount_is_refused_though_both_peers_write_it(self) -> None:
        for payload in (
            NapasQr("970436", "1031900078", -5).code,
            VietnamQr.init_viet_qr("970436", "1031900078", "-5").build(),
        ):
            assert "5402-5" in payload
            with pytest.raises(vietqr.AmountInvalid):
                decode(payload)

    def test_short_bin_is_refused_though_both_peers_write_it(self) -> None:
        for payload in (
            NapasQr("97043", "1031900078", 60_000).code,
            VietnamQr.init_viet_qr("97043", "1031900078", "60000").build(),
        ):
            with pytest.raises(vietqr.BankBinUnknown):
                decode(payload)

    def test_fraction_of_a_dong_is_refused_though_a_peer_writes_it(self) -> None:
        with pytest.raises(vietqr.AmountInvalid):
            decode(VietnamQr.init_viet_qr("970436", "1031900078", "1000.5").build())

    def test_diacritics_are_refused_though_a_peer_writes_them(self) -> None:
        with pytest.raises(VietQrRefused):
            decode(VietnamQr.init_viet_qr("970436", "1031900078", "60000", "vé").build())

    def test_a_static_code_with_an_amount_is_ours_to_choose_though_a_peer_derives_it(self) -> None:
        assert VietnamQr.init_viet_qr("970436", "1031900078", "60000").init_method == "12"
        static = NapasQr("970436", "1031900078", 60_000, point_of_initiation_method="STATIC").code
        assert (
            encode(TransferQr(bank_bin="970436", account="1031900078", amount_vnd=Dong(60_000), static=True)) == static
        )


def test_bank_table_is_keyed_by_six_digits() -> None:
    assert len(BANKS) == 45
    assert all(len(key) == 6 and key.isdigit() and key == bank.bank_bin for key, bank in BANKS.items())


@pytest.mark.parametrize(
    ("name", "bank_bin"),
    [
        ("Vietcombank", "970436"),
        ("MBBank", "970422"),
        ("MB", "970422"),
        ("NamABank", "970428"),
        ("VietABank", "970427"),
        ("VietBank", "970433"),
        ("ABBANK", "970425"),
        ("Co-op Bank", "970446"),
        ("OceanBank", "970414"),
        ("LienVietPostBank", "970449"),
        ("Unheard Of", None),
        ("", None),
    ],
)
def test_a_bank_is_found_by_the_name_a_feed_gives_it(name: str, bank_bin: str | None) -> None:
    assert find_bin(name) == bank_bin
