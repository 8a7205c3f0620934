"""An order was placed, or an owner asks for an amount: opens an intent with its reference and VietQR."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from services.payments.intents.domain.intents import expires_at, intent_payload
from services.payments.intents.domain.references import new_reference
from services.payments.intents.events import told
from services.payments.intents.store import Intent, NewIntent, Visit, insert_intent
from services.payments.merchants.domain import Merchant, NoMerchant
from services.payments.merchants.store import find_merchant_of_venue, find_venue
from shared.clock import local_date
from shared.errors import DomainError, Poison
from shared.events.common import Line
from shared.events.payments import IntentOpened
from shared.events.ticketing import OrderPlaced
from shared.ids import IntentId, OrderId, ProductId, VenueId, uuid7
from shared.money import Dong
from shared.observe import trace
from shared.unit.unit import Tx

CHARGE_LIMIT_VND = Dong(500_000_000)


class AmountTooSmall(DomainError):
    """Banks refuse a transfer of less than 2,000 đồng."""

    code = "amount_too_small"


class AmountTooLarge(DomainError):
    """More than a bank app transfers in one go."""

    code = "amount_too_large"


@dataclass(frozen=True, slots=True)
class ChargeGuest:
    """An owner asks a guest for an amount; the charge is its own order of one line."""

    order_id: OrderId
    venue_id: VenueId
    amount_vnd: Dong


async def open_intent(tx: Tx, event: OrderPlaced, now: datetime) -> None:
    """Opens the intent of an order. A total of 0 needs none; an order heard before has one."""
    if event.total_vnd == 0:
        return
    merchant = await find_merchant_of_venue(tx.connection, event.place.venue_id)
    if merchant is None:
        raise Poison("no_merchant", event.place.venue_id)
    new = _new_intent(event, merchant)
    intent = await insert_intent(tx.connection, new, now)
    if intent is not None:
        tx.emit(told(IntentOpened, intent, event.occurred_at, now))


async def charge_guest(tx: Tx, command: ChargeGuest, now: datetime) -> Intent:
    """The intent by which a guest pays an owner's amount."""
    if command.amount_vnd < 2_000:
        raise AmountTooSmall(least_vnd=2_000)
    if command.amount_vnd > CHARGE_LIMIT_VND:
        raise AmountTooLarge(most_vnd=CHARGE_LIMIT_VND)
    merchant = await find_merchant_of_venue(tx.connection, command.venue_id)
    place = await find_venue(tx.connection, command.venue_id)
    if merchant is None or place is None:
        raise NoMerchant
    order = OrderPlaced(
        version=1,
        occurred_at=now,
        recorded_at=now,
        order_id=command.order_id,
        status="placed",
        place=place,
        lines=(charge_line(command.venue_id, command.amount_vnd),),
        total_vnd=command.amount_vnd,
        visit_on=local_date(now),
        group_size=1,
        channel="owner",
        business_date=local_date(now),
        expires_at=expires_at(now, command.amount_vnd),
    )
    intent = await insert_intent(tx.connection, _new_intent(order, merchant), now)
    assert intent is not None, "the request's own id makes a second charge impossible"
    tx.emit(told(IntentOpened, intent, now, now))
    tx.touch("venue", command.venue_id)
    return intent


def charge_line(venue_id: VenueId, amount_vnd: Dong) -> Line:
    """An amount without a product: an owner's charge or a cash sale."""
    return Line(
        venue_id=venue_id,
        product_id=ProductId("open-amount"),
        category="any",
        count=1,
        unit_price_vnd=amount_vnd,
        price_kind="service_price",
        tariff_version="owner",
    )


def _new_intent(order: OrderPlaced, merchant: Merchant) -> NewIntent:
    reference = new_reference(lambda: secrets.randbits(35))
    return NewIntent(
        intent_id=IntentId(uuid7()),
        order_id=order.order_id,
        place=order.place,
        merchant=merchant,
        lines=order.lines,
        amount_vnd=order.total_vnd,
        channel=order.channel,
        business_date=order.business_date,
        expires_at=order.expires_at,
        reference=reference,
        qr_payload=intent_payload(reference, merchant.bank_bin, merchant.account_number, Dong(order.total_vnd)),
        trace_id=trace.current(),
        visit=None if order.channel == "owner" else Visit(order.visit_on, order.nights, order.group_size),
    )
