"""An intent as the events that tell of it."""

from datetime import datetime
from typing import TypeVar

import msgspec

from services.payments.intents.store import Intent
from shared.events.payments import IntentEvent
from shared.qr.banks import BANKS

E = TypeVar("E", bound=IntentEvent)


def told(kind: type[E], intent: Intent, occurred_at: datetime, now: datetime, **more: object) -> E:
    """The whole public state of an intent as an event; `more` are the fields that only this kind of event has."""
    state: dict[str, object] = {name: getattr(intent, name) for name in Intent.__struct_fields__}
    state |= {
        "place": intent.place,
        "tender": "bank_transfer",
        "bank_name": BANKS[intent.bank_bin].name,
        "occurred_at": occurred_at,
        "recorded_at": now,
        **more,
    }
    return msgspec.convert(state, kind)
