"""Intents as the events that tell of them: every field is named here, so that no private column is ever told."""

from datetime import datetime
from typing import TypeVar

from services.payments.intents.domain.intents import Intent, PricedLine
from shared.events.common import Line, Place
from shared.events.payments import IntentCancelled, IntentOpened, PaymentPartial, PaymentSettled
from shared.ids import TransferId

I = TypeVar("I", IntentOpened, IntentCancelled)  # noqa: E741


def intent_told(kind: type[I], intent: Intent, occurred_at: datetime, now: datetime) -> I:
    """An intent that was opened or cancelled."""
    return kind(
        version=intent.version,
        occurred_at=occurred_at,
        recorded_at=now,
        intent_id=intent.intent_id,
        order_id=intent.order_id,
        merchant_id=intent.merchant_id,
        place=_place(intent),
        status=intent.status,
        amount_state=intent.amount_state,
        timing=intent.timing,
        amount_vnd=intent.amount_vnd,
        paid_vnd=intent.paid_vnd,
        lines=tuple(line_told(line) for line in intent.lines),
        channel=intent.channel,
        tender="bank_transfer",
        business_date=intent.business_date,
        expires_at=intent.expires_at,
        reference=intent.reference,
        qr_payload=intent.qr_payload,
        bank_bin=intent.bank_bin,
        bank_name=intent.bank_name,
        account_number=intent.account_number,
        account_name=intent.account_name,
    )


def payment_told(
    intent: Intent, transfer_id: TransferId, bank_code: str, occurred_at: datetime, now: datetime
) -> PaymentPartial | PaymentSettled:
    """An intent after a transfer paid it, wholly or in part. bank_code: of the bank that told of the transfer."""
    kind = PaymentSettled if intent.status == "settled" else PaymentPartial
    return kind(
        version=intent.version,
        occurred_at=occurred_at,
        recorded_at=now,
        intent_id=intent.intent_id,
        order_id=intent.order_id,
        merchant_id=intent.merchant_id,
        place=_place(intent),
        status=intent.status,
        amount_state=intent.amount_state,
        timing=intent.timing,
        amount_vnd=intent.amount_vnd,
        paid_vnd=intent.paid_vnd,
        lines=tuple(line_told(line) for line in intent.lines),
        channel=intent.channel,
        tender="bank_transfer",
        business_date=intent.business_date,
        expires_at=intent.expires_at,
        reference=intent.reference,
        qr_payload=intent.qr_payload,
        bank_bin=intent.bank_bin,
        bank_name=intent.bank_name,
        account_number=intent.account_number,
        account_name=intent.account_name,
        transfer_id=transfer_id,
        bank_code=bank_code,
    )


def line_told(line: PricedLine) -> Line:
    """One price as events tell it."""
    return Line(
        venue_id=line.venue_id,
        product_id=line.product_id,
        category=line.category,
        count=line.count,
        unit_price_vnd=line.unit_price_vnd,
        price_kind=line.price_kind,
        tariff_version=line.tariff_version,
    )


def _place(intent: Intent) -> Place:
    return Place(
        venue_id=intent.venue_id,
        old_district_code=intent.old_district_code,
        new_commune_code=intent.new_commune_code,
    )
