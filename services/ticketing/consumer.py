"""The Kafka door: which event of payments runs which use-case."""

from functools import partial

from services.ticketing.sales.usecases.hear_payment import note_intent, settle_order
from services.ticketing.sales.usecases.issue_tickets import Office
from shared.events.payments import IntentOpened, PaymentPartial, PaymentRefunded, PaymentSettled
from shared.events.topics import PAYMENTS_EVENTS
from shared.kafka.handler import EventHandler
from shared.unit.unit import Unit

TOPICS = (PAYMENTS_EVENTS.name,)


def handler(unit: Unit, office: Office) -> EventHandler:
    return EventHandler(
        unit,
        {
            IntentOpened.TYPE: note_intent,
            PaymentPartial.TYPE: note_intent,
            PaymentRefunded.TYPE: note_intent,
            PaymentSettled.TYPE: partial(settle_order, office=office),
        },
    )
