"""The Kafka door: which event runs which use-case, and how a bank's message becomes a command."""

from services.payments.feeds.sepay import read_transfer
from services.payments.intents.usecases.open_intent import open_intent
from services.payments.merchants.usecases import note_venue
from services.payments.transfers.domain.bank import BankTransfer, BrokenTransfer
from services.payments.transfers.usecases.close_intent import cancel_intent, expire_intent, free_late_money
from services.payments.transfers.usecases.hear_transfer import hear_transfer
from shared.errors import Poison
from shared.events.ticketing import (
    DeviceRevoked,
    OrderCancelled,
    OrderExpired,
    OrderPlaced,
    OrderUnfulfilled,
    PersonRevoked,
    VenueChanged,
)
from shared.events.topics import BANK_TRANSFERS, TICKETING_EVENTS
from shared.kafka.handler import EventHandler, Raw
from shared.kafka.message import Message
from shared.passes.revocations import note_device_revoked, note_person_revoked
from shared.unit.unit import Unit

TOPICS = (TICKETING_EVENTS.name, BANK_TRANSFERS.name)


def handler(unit: Unit) -> EventHandler:
    return EventHandler(
        unit,
        {
            VenueChanged.TYPE: note_venue,
            OrderPlaced.TYPE: open_intent,
            OrderExpired.TYPE: expire_intent,
            OrderCancelled.TYPE: cancel_intent,
            OrderUnfulfilled.TYPE: free_late_money,
            PersonRevoked.TYPE: note_person_revoked,
            DeviceRevoked.TYPE: note_device_revoked,
        },
        Raw(BANK_TRANSFERS.name, {"bank.sepay_transfer.v1": _sepay}, hear_transfer),
    )


def _sepay(message: Message) -> BankTransfer:
    try:
        return read_transfer(message.value)
    except BrokenTransfer as error:
        raise Poison("broken_contract", error.reason) from error
