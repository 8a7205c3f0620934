"""Orders were placed, or an owner asks for an amount: opens intents with their references and VietQRs."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.payments.intents.domain.charges import amount_line, pay_charge_until, refuse_charge_of
from services.payments.intents.domain.intents import Intent, IntentSource, PricedLine, Visit, intent_payload
from services.payments.intents.domain.references import new_reference
from services.payments.intents.events import intent_told
from services.payments.intents.store import insert_intents
from services.payments.merchants.domain import Merchant, NoMerchant, Venue
from services.payments.merchants.store import find_venue, merchants_of_venues
from shared.clock import local_date
from shared.errors import DataFault
from shared.events.common import Line, lines_total
from shared.events.payments import IntentOpened
from shared.events.ticketing import OrderPlaced
from shared.events.words import Channel
from shared.ids import IntentId, OrderId, VenueId, uuid7
from shared.money import Dong
from shared.observe import trace
from shared.unit.batch import One
from shared.unit.tx import Tx


@dataclass(frozen=True, slots=True)
class ChargeGuest:
    """An owner asks a guest for an amount; the charge is its own order of one line."""

    order_id: OrderId
    venue_id: VenueId
    amount_vnd: Dong


@dataclass(frozen=True, slots=True)
class Charged:
    """What a repeated request is answered."""

    order_id: OrderId


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIntent:
    """What is to be paid, and until when; `visit` is None for an amount that a host just asks for."""

    source: IntentSource
    order_id: OrderId
    venue: Venue
    lines: tuple[PricedLine, ...]
    amount_vnd: Dong
    channel: Channel
    business_date: date
    expires_at: datetime
    visit: Visit | None

    @staticmethod
    def of_order(event: OrderPlaced) -> "NewIntent":
        place = event.place
        return NewIntent(
            source="order",
            order_id=event.order_id,
            venue=Venue(place.venue_id, place.old_district_code, place.new_commune_code),
            lines=tuple(_line(line) for line in event.lines),
            amount_vnd=event.total_vnd,
            channel=event.channel,
            business_date=event.business_date,
            expires_at=event.expires_at,
            visit=Visit(event.visit_on, event.nights, event.group_size),
        )

    @staticmethod
    def of_charge(command: ChargeGuest, venue: Venue, now: datetime) -> "NewIntent":
        return NewIntent(
            source="charge",
            order_id=command.order_id,
            venue=venue,
            lines=(amount_line(command.venue_id, command.amount_vnd),),
            amount_vnd=command.amount_vnd,
            channel="owner",
            business_date=local_date(now),
            expires_at=pay_charge_until(now, command.amount_vnd),
            visit=None,
        )

    def opened(self, merchant: Merchant, trace_id: str, now: datetime) -> Intent:
        """The intent under a fresh reference, on the merchant's account of today."""
        reference = new_reference(lambda: secrets.randbits(35))
        return Intent(
            intent_id=IntentId(uuid7()),
            source=self.source,
            order_id=self.order_id,
            merchant_id=merchant.merchant_id,
            venue_id=self.venue.venue_id,
            old_district_code=self.venue.old_district_code,
            new_commune_code=self.venue.new_commune_code,
            amount_vnd=self.amount_vnd,
            lines=self.lines,
            channel=self.channel,
            business_date=self.business_date,
            expires_at=self.expires_at,
            reference=reference,
            qr_payload=intent_payload(reference, merchant.bank_bin, merchant.account_number, self.amount_vnd),
            bank_bin=merchant.bank_bin,
            account_number=merchant.account_number,
            account_name=merchant.account_name,
            trace_id=trace_id,
            opened_at=now,
        )


async def open_intents(tx: Tx, batch: Sequence[One[OrderPlaced]], now: datetime) -> list[None]:
    """Opens the intents of orders. A total of 0 needs none; an order heard before has one."""
    for one in batch:
        _refuse_contradiction(one.command)
    to_pay = [one for one in batch if one.command.total_vnd > 0]
    merchants = await merchants_of_venues(tx.connection, {one.command.place.venue_id for one in to_pay})
    new: list[tuple[Intent, Visit | None]] = []
    for one in to_pay:
        merchant = merchants.get(one.command.place.venue_id)
        if merchant is None:
            raise DataFault("no_merchant", one.command.place.venue_id)
        asked = NewIntent.of_order(one.command)
        new.append((asked.opened(merchant, one.trace_id, now), asked.visit))
    opened = await insert_intents(tx.connection, new)
    for one, (intent, _) in zip(to_pay, new, strict=True):
        if intent.intent_id in opened:
            one.follow()
            tx.emit(intent_told(IntentOpened, intent, one.command.occurred_at, now))
    return [None] * len(batch)


def _refuse_contradiction(event: OrderPlaced) -> None:
    if lines_total(event.lines) != event.total_vnd or {line.venue_id for line in event.lines} != {event.place.venue_id}:
        raise DataFault("contradicts_itself", str(event.order_id))


async def charge_guest(tx: Tx, command: ChargeGuest, now: datetime) -> Charged:
    """The charge by which a guest pays an owner's amount."""
    refuse_charge_of(command.amount_vnd)
    merchant = (await merchants_of_venues(tx.connection, {command.venue_id})).get(command.venue_id)
    venue = await find_venue(tx.connection, command.venue_id)
    if merchant is None or venue is None:
        raise NoMerchant
    new = NewIntent.of_charge(command, venue, now)
    intent = new.opened(merchant, trace.current(), now)
    opened = await insert_intents(tx.connection, [(intent, new.visit)])
    assert opened, "the door makes a fresh id for each charge"
    tx.emit(intent_told(IntentOpened, intent, now, now))
    tx.touch("venue", command.venue_id)
    return Charged(intent.order_id)


def _line(line: Line) -> PricedLine:
    return PricedLine(
        venue_id=line.venue_id,
        product_id=line.product_id,
        category=line.category,
        count=line.count,
        unit_price_vnd=line.unit_price_vnd,
        price_kind=line.price_kind,
        tariff_version=line.tariff_version,
    )
