"""The Kafka door: which event of payments runs which use-case."""

from collections.abc import Callable
from functools import partial

from services.ticketing.catalogue.domain.catalogue import Catalogue
from services.ticketing.codes.keys import TicketSigner
from services.ticketing.sales.usecases.hear_payment import note_intent, settle_order
from shared.events.payments import IntentOpened, PaymentPartial, PaymentRefunded, PaymentSettled
from shared.events.topics import PAYMENTS_EVENTS
from shared.kafka.handler import EventHandler
from shared.unit.unit import Unit

TOPICS = (PAYMENTS_EVENTS.name,)


def handler(unit: Unit, catalogue: Callable[[], Catalogue], signer: TicketSigner) -> EventHandler:
    return EventHandler(
        unit,
        {
            IntentOpened.TYPE: note_intent,
            PaymentPartial.TYPE: note_intent,
            PaymentRefunded.TYPE: note_intent,
            PaymentSettled.TYPE: partial(settle_order, catalogue=catalogue, signer=signer),
        },
    )
