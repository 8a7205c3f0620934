"""An owner records cash, and may take it back for a short while."""

from dataclasses import dataclass
from datetime import datetime

from services.payments.books.store.postings import insert_postings
from services.payments.cash.domain import Cash, book_cash, book_cash_undone, refuse_cash_of
from services.payments.cash.events import cash_told
from services.payments.cash.store import insert_cash, lock_cash, update_cash
from services.payments.merchants.domain import NoMerchant
from services.payments.merchants.store import find_venue, merchants_of_venues
from shared.clock import local_date
from shared.errors import NotFound
from shared.ids import CashId, PersonId, VenueId
from shared.money import Dong
from shared.unit import audit
from shared.unit.tx import Tx


class UnknownCash(NotFound):
    """No such cash was taken at the venues of whoever asks."""

    code = "unknown_cash"


@dataclass(frozen=True, slots=True)
class RecordCash:
    cash_id: CashId
    venue_id: VenueId
    amount_vnd: Dong
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class TakeBackCash:
    """By somebody of these venues."""

    cash_id: CashId
    venues: tuple[VenueId, ...]
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class CashTaken:
    """What a repeated request is answered, also by which cash was taken back."""

    cash_id: CashId
    venue_id: VenueId


async def record_cash(tx: Tx, command: RecordCash, now: datetime) -> CashTaken:
    refuse_cash_of(command.amount_vnd)
    merchant = (await merchants_of_venues(tx.connection, {command.venue_id})).get(command.venue_id)
    venue = await find_venue(tx.connection, command.venue_id)
    if merchant is None or venue is None:
        raise NoMerchant
    cash = Cash(
        cash_id=command.cash_id,
        merchant_id=merchant.merchant_id,
        venue_id=venue.venue_id,
        amount_vnd=command.amount_vnd,
        business_date=local_date(now),
        occurred_at=now,
        recorded_at=now,
    )
    await insert_cash(tx.connection, cash, command.person_id)
    await insert_postings(tx.connection, [book_cash(cash.merchant_id, cash.cash_id, cash.amount_vnd)], now)
    subject = f"venue:{cash.venue_id}"
    await audit.note(tx.connection, now, command.person_id, "cash_recorded", subject, amount_vnd=cash.amount_vnd)
    tx.emit(cash_told(cash, venue, now))
    tx.touch("venue", cash.venue_id)
    return CashTaken(cash.cash_id, cash.venue_id)


async def take_back_cash(tx: Tx, command: TakeBackCash, now: datetime) -> CashTaken:
    """Cash that is undone already stays as it is."""
    cash = await lock_cash(tx.connection, command.cash_id, command.venues)
    if cash is None:
        raise UnknownCash
    undone = cash.undone(now)
    if undone != cash:
        venue = await find_venue(tx.connection, cash.venue_id)
        assert venue is not None, "cash is recorded at known venues only"
        await update_cash(tx.connection, undone)
        posting = book_cash_undone(book_cash(cash.merchant_id, cash.cash_id, cash.amount_vnd))
        await insert_postings(tx.connection, [posting], now)
        subject = f"venue:{cash.venue_id}"
        await audit.note(tx.connection, now, command.person_id, "cash_taken_back", subject, amount_vnd=cash.amount_vnd)
        tx.emit(cash_told(undone, venue, now))
        tx.touch("venue", cash.venue_id)
    return CashTaken(cash.cash_id, cash.venue_id)
