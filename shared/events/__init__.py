"""The event contracts: msgspec Structs, the one definition from which schemas and docs are exported."""

from collections.abc import Mapping

from shared.events import payments, ticketing
from shared.events.common import Event

BY_TYPE: Mapping[str, type[Event]] = {event.TYPE: event for event in (*ticketing.EVENTS, *payments.EVENTS)}
