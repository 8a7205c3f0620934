"""The Kafka door: which event runs which use-case, and how a bank's message becomes a command."""

from collections.abc import Callable, Mapping

from services.payments.feeds import sepay
from services.payments.intents.usecases.open_intents import open_intents
from services.payments.merchants.usecases import note_venue
from services.payments.transfers.domain.bank import BankTransfer, BrokenTransfer
from services.payments.transfers.usecases.close_intents import close_intents
from services.payments.transfers.usecases.hear_transfers import hear_transfers
from shared.errors import Poison
from shared.events.ticketing import (
    DeviceRevoked,
    OrderCancelled,
    OrderExpired,
    OrderPlaced,
    OrderUndone,
    OrderUnfulfilled,
    PassesEnded,
    PersonRevoked,
    VenueChanged,
)
from shared.events.topics import BANK_TRANSFERS, TICKETING_EVENTS
from shared.kafka.handler import EventHandler, Raw
from shared.kafka.message import Message
from shared.passes.revocations import note_device_revoked, note_passes_ended, note_person_revoked
from shared.unit.batch import each
from shared.unit.unit import Unit

TOPICS = (TICKETING_EVENTS.name, BANK_TRANSFERS.name)
# Every way to hear of money is one adapter, by the type that its messages carry on bank.transfers.
FEEDS: Mapping[str, Callable[[bytes], BankTransfer]] = {
    "bank.sepay_transfer.v1": sepay.read_transfer,
}


def handler(unit: Unit) -> EventHandler:
    return EventHandler(
        unit,
        {
            VenueChanged.TYPE: each(note_venue),
            OrderPlaced.TYPE: open_intents,
            OrderExpired.TYPE: close_intents,
            OrderCancelled.TYPE: close_intents,
            OrderUnfulfilled.TYPE: close_intents,
            OrderUndone.TYPE: close_intents,
            PersonRevoked.TYPE: each(note_person_revoked),
            DeviceRevoked.TYPE: each(note_device_revoked),
            PassesEnded.TYPE: each(note_passes_ended),
        },
        Raw(BANK_TRANSFERS.name, {ce_type: _heard_by(read) for ce_type, read in FEEDS.items()}, hear_transfers),
    )


def _heard_by(read: Callable[[bytes], BankTransfer]) -> Callable[[Message], BankTransfer]:
    """From a message to what its adapter reads in it; Poison for what breaks the provider's contract."""

    def heard(message: Message) -> BankTransfer:
        try:
            return read(message.value)
        except BrokenTransfer as error:
            raise Poison("broken_contract", error.reason) from error

    return heard
