"""An owner records cash, and may take it back for a short while. Cash and bank money never meet in a posting."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.payments.books.store.postings import insert_postings
from services.payments.cash.domain import book_cash, book_cash_undone
from services.payments.cash.store import Cash, NewCash, insert_cash, lock_cash, undo_cash
from services.payments.intents.usecases.open_intent import CHARGE_LIMIT_VND, charge_line
from services.payments.merchants.domain import NoMerchant
from services.payments.merchants.store import find_merchant_of_venue, find_venue
from shared.clock import local_date
from shared.errors import Conflict, DomainError, NotFound
from shared.events.common import Place
from shared.events.payments import CashRecorded
from shared.ids import CashId, PersonId, VenueId
from shared.money import Dong
from shared.unit.unit import Tx

UNDO_WITHIN = timedelta(seconds=60)
"""The button shows for 10 s; the rest is grace for a slow network."""


class CashAmountRefused(DomainError):
    """Cash is recorded from one đồng up to what an owner may charge."""

    code = "cash_amount_refused"


class UnknownCash(NotFound):
    """No such cash was taken at the venues of whoever asks."""

    code = "unknown_cash"


class CashUndoTooLate(Conflict):
    """Cash is taken back within a minute, later only by a correction."""

    code = "cash_undo_too_late"


@dataclass(frozen=True, slots=True)
class RecordCash:
    cash_id: CashId
    venue_id: VenueId
    amount_vnd: Dong
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class UndoCash:
    """By somebody of these venues."""

    cash_id: CashId
    venues: tuple[VenueId, ...]


async def record_cash(tx: Tx, command: RecordCash, now: datetime) -> Cash:
    """The cash as booked and told."""
    if not 0 < command.amount_vnd <= CHARGE_LIMIT_VND:
        raise CashAmountRefused(most_vnd=CHARGE_LIMIT_VND)
    merchant = await find_merchant_of_venue(tx.connection, command.venue_id)
    place = await find_venue(tx.connection, command.venue_id)
    if merchant is None or place is None:
        raise NoMerchant
    new = NewCash(command.cash_id, merchant, command.amount_vnd, local_date(now), command.person_id)
    cash = await insert_cash(tx.connection, new, now)
    await insert_postings(tx.connection, [book_cash(cash.merchant_id, cash.cash_id, cash.amount_vnd)], now)
    _tell(tx, cash, place, now)
    return cash


async def take_back_cash(tx: Tx, command: UndoCash, now: datetime) -> Cash:
    """The cash, undone now or before."""
    cash = await lock_cash(tx.connection, command.cash_id, command.venues)
    if cash is None:
        raise UnknownCash
    if cash.status == "undone":
        return cash
    if now - cash.recorded_at >= UNDO_WITHIN:
        raise CashUndoTooLate
    place = await find_venue(tx.connection, cash.venue_id)
    assert place is not None, "cash is recorded at known venues only"
    undone = await undo_cash(tx.connection, command.cash_id)
    posting = book_cash_undone(book_cash(cash.merchant_id, cash.cash_id, cash.amount_vnd))
    await insert_postings(tx.connection, [posting], now)
    _tell(tx, undone, place, now)
    return undone


def _tell(tx: Tx, cash: Cash, place: Place, now: datetime) -> None:
    tx.emit(
        CashRecorded(
            version=cash.version,
            occurred_at=cash.occurred_at,
            recorded_at=now,
            cash_id=cash.cash_id,
            merchant_id=cash.merchant_id,
            place=place,
            status=cash.status,
            amount_vnd=cash.amount_vnd,
            lines=(charge_line(cash.venue_id, cash.amount_vnd),),
            channel="owner",
            tender="cash",
            business_date=cash.business_date,
            offline=cash.offline,
        )
    )
    tx.touch("venue", cash.venue_id)
