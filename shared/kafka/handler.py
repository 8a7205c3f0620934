"""From a message to its use-case: by type for our own events, by an adapter for a restricted raw feed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from shared.errors import Poison
from shared.events import BY_TYPE
from shared.kafka.faults import Fault, fault_of
from shared.kafka.message import Message
from shared.observe import trace
from shared.observe.metrics import CONSUMED
from shared.unit.batch import BatchUseCase, One
from shared.unit.inbox import Heard
from shared.unit.unit import Delivery, Unit

# What decoders and adapters raise for bytes that are not what they should be.
UNREADABLE: tuple[type[Exception], ...] = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError)


@dataclass(frozen=True, slots=True)
class Raw:
    """A restricted raw feed: its topic, an adapter from message to command for each ce_type, and their use-case."""

    topic: str
    adapters: Mapping[str, Callable[[Message], object]]
    usecase: BatchUseCase[Any, object]


@dataclass(frozen=True, slots=True)
class Money:
    """What a person wants to know first of a message that was put aside, where it tells of money."""

    last_digits: str | None = None
    amount_vnd: int | None = None


class EventHandler:
    """Runs the use-cases that belong to messages' types, once per event."""

    def __init__(self, unit: Unit, usecases: Mapping[str, BatchUseCase[Any, object]], raw: Raw | None = None) -> None:
        self._unit = unit
        self._usecases = usecases
        self._decoders = {name: msgspec.json.Decoder(BY_TYPE[name]) for name in usecases}
        self._raw = raw

    async def __call__(self, messages: Sequence[Message]) -> None:
        """All of them in one transaction, or none and an exception; those of one key in their order."""
        await self._hear([self._told(message, self._heard(message)) for message in messages], messages)

    async def again(self, message: Message) -> None:
        """Handles a message that was put aside. Its identifier stays claimed, so that a late duplicate does nothing."""
        heard = Heard(f"replay:{message.place}#{message.content.hex()}", message.content)
        await self._hear([self._told(message, heard)], [message])

    def unreadable(self, messages: Sequence[Message]) -> list[tuple[Message, Fault]]:
        """Those that break their contract, as can be told without the database."""
        found: list[tuple[Message, Fault]] = []
        for message in messages:
            try:
                self._find(message)
            except Poison as poison:
                found.append((message, fault_of(poison)))
        return found

    def money_in(self, message: Message) -> Money:
        """What can be told of a message that may well be broken."""
        try:
            found = self._find(message)
        except Exception:  # it is being put aside already, for this or another reason
            return Money()
        command = found[1] if found is not None else None
        account: str | None = getattr(command, "account", None)
        amount_vnd: int | None = getattr(command, "amount_vnd", getattr(command, "total_vnd", None))
        return Money(account[-4:] if account else None, amount_vnd)

    async def _hear(self, told: Sequence[Delivery | None], messages: Sequence[Message]) -> None:
        wanted = [event for event in told if event is not None]
        is_new = iter(await self._unit.hear(wanted) if wanted else ())
        for event, message in zip(told, messages, strict=True):
            if event is None:
                CONSUMED.labels("ignored", "ignored").inc()
            else:
                CONSUMED.labels(message.ce_type, "ok" if next(is_new) else "duplicate").inc()

    def _told(self, message: Message, heard: Heard) -> Delivery | None:
        """The event for its use-case; None for one that this service does not need."""
        trace_id = trace.begin(message.header("traceparent"))
        found = self._find(message)
        if found is None:
            return None
        usecase, command = found
        return Delivery(usecase, One(command, trace_id), heard, message.key)

    def _heard(self, message: Message) -> Heard:
        """How a message is told from others. A feed numbers as it likes and may use a number twice.

        Whether two of its messages tell of one transfer, the use-case knows better.
        """
        is_raw = self._raw is not None and message.topic == self._raw.topic
        return Heard(message.ce_id, message.content, may_differ=is_raw)

    def _find(self, message: Message) -> tuple[BatchUseCase[Any, object], object] | None:
        """The use-case and its command; None for an event that this service does not need."""
        if not message.is_readable:
            raise Poison("unreadable")
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
        except UNREADABLE as error:
            # The text names the field and the rule, never the value.
            raise Poison("broken_contract", str(error)[:200]) from error
