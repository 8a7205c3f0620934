"""From a message to its use-case: by type for our own events, by an adapter for a restricted raw feed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from shared.errors import Poison
from shared.events import BY_TYPE
from shared.kafka.message import Message
from shared.observe import trace
from shared.observe.metrics import CONSUMED
from shared.unit.unit import AlreadyHandled, Unit, UseCase


@dataclass(frozen=True, slots=True)
class Raw:
    """A restricted raw feed: its topic, an adapter from message to command for each ce_type, and their use-case."""

    topic: str
    adapters: Mapping[str, Callable[[Message], object]]
    usecase: UseCase[Any, object]


class EventHandler:
    """Runs the use-case that belongs to a message's type, once per event."""

    def __init__(self, unit: Unit, usecases: Mapping[str, UseCase[Any, object]], raw: Raw | None = None) -> None:
        self._unit = unit
        self._usecases = usecases
        self._decoders = {name: msgspec.json.Decoder(BY_TYPE[name]) for name in usecases}
        self._raw = raw

    async def __call__(self, message: Message) -> None:
        trace.begin(message.headers.get("traceparent"))
        found = self._find(message)
        if found is None:
            CONSUMED.labels("ignored", "ignored").inc()
            return
        usecase, command = found
        outcome = "ok"
        try:
            await self._unit.run(usecase, command, ce_id=message.ce_id)
        except AlreadyHandled:
            outcome = "duplicate"
        CONSUMED.labels(message.ce_type, outcome).inc()

    def _find(self, message: Message) -> tuple[UseCase[Any, object], object] | None:
        """The use-case and its command; None for an event that this service does not need."""
        try:
            if self._raw is not None and message.topic == self._raw.topic:
                adapter = self._raw.adapters.get(message.ce_type)
                if adapter is None:
                    raise Poison("unknown_type", message.ce_type)
                return self._raw.usecase, adapter(message)
            if not message.ce_type:
                raise Poison("missing_type")
            if message.ce_type not in self._usecases:
                return None
            return self._usecases[message.ce_type], self._decoders[message.ce_type].decode(message.value)
        except msgspec.MsgspecError as error:
            raise Poison("broken_contract", str(error)) from error
