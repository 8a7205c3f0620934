"""The Kafka door: which event of payments runs which use-case."""

from collections.abc import Callable
from functools import partial

from services.ticketing.catalogue.domain.catalogue import Catalogue
from services.ticketing.codes.keys import TicketSigner
from services.ticketing.sales.usecases.hear_payments import hear_payments
from shared.events.payments import IntentOpened, PaymentPartial, PaymentRefunded, PaymentSettled
from shared.events.topics import PAYMENTS_EVENTS
from shared.kafka.handler import EventHandler
from shared.unit.unit import Unit

TOPICS = (PAYMENTS_EVENTS.name,)


def handler(unit: Unit, catalogue: Callable[[], Catalogue], signer: TicketSigner) -> EventHandler:
    hear = partial(hear_payments, catalogue=catalogue, signer=signer)
    return EventHandler(
        unit,
        {
            IntentOpened.TYPE: hear,
            PaymentPartial.TYPE: hear,
            PaymentRefunded.TYPE: hear,
            PaymentSettled.TYPE: hear,
        },
    )
