"""Dead letters: puts messages aside, and does with them what a person says, replay or settle.

A replay is handled once under a name of its own; the original's identifier stays claimed, so that a late duplicate of
it does nothing. Nothing is appended to the source topic.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Protocol

from shared.kafka.faults import Fault, fault_of
from shared.kafka.handler import Money
from shared.kafka.message import Message
from shared.kafka.relay import Timer
from shared.observe.log import Log
from shared.observe.metrics import DEAD_LETTERS, DEAD_LETTERS_OPEN
from shared.storage.db import PASSES, Pool
from shared.unit import audit, dead_letters, inbox
from shared.unit.dead_letters import DeadLetter
from shared.unit.inbox import Heard
from shared.unit.unit import Unit

log = Log(__name__)
_MOST_LISTED = 10_000
_MEASURE_EVERY_S = 10.0
_FORGET_EVERY_S = 3600.0


class Handler(Protocol):
    """What a consumer does with messages, for the first time or again; and what a message tells of money."""

    async def __call__(self, messages: Sequence[Message]) -> None: ...

    async def again(self, message: Message) -> None: ...

    def unreadable(self, messages: Sequence[Message]) -> list[tuple[Message, Fault]]: ...

    def money_in(self, message: Message) -> Money: ...


Again = Callable[[DeadLetter], Awaitable[None]]


class DeadLetterBox:
    """What a service put aside, for a person. `again` handles a letter once, however often it is asked."""

    def __init__(self, unit: Unit, again: Again) -> None:
        self._unit = unit
        self._again = again

    async def newest(self, *, also_settled: bool = False) -> list[DeadLetter]:
        """Newest first, some thousands at most."""
        return await dead_letters.newest(self._unit.pool, _MOST_LISTED, also_settled=also_settled)

    async def find(self, name: str) -> list[DeadLetter]:
        """Those called so: by the event's identifier, or by their place as `topic/partition/offset`."""
        return await dead_letters.find(self._unit.pool, name)

    async def replay(self, letters: Sequence[DeadLetter]) -> list[str]:
        """What became of each: "done", "done_before", or why it failed again."""
        return [await self._replay(letter) for letter in letters]

    async def settle(self, letters: Sequence[DeadLetter], why: str) -> list[str]:
        """Notes that a person has dealt with each: "done" or "done_before"."""
        return [await self._settle(letter, why) for letter in letters]

    async def _replay(self, letter: DeadLetter) -> str:
        if letter.settled_at is not None:
            return "done_before"
        if letter.payload is None:
            return "only_in_the_log"
        try:
            await self._again(letter)
        except PASSES:
            raise
        except Exception as error:
            fault = fault_of(error)
            log.warning("replay_failed", place=letter.place, reason=fault.reason, with_trace=fault.is_mistake)
            return fault.reason
        now = self._unit.clock()
        async with self._unit.pool.acquire() as connection, connection.transaction():
            if not await dead_letters.settle(connection, letter, now, "replayed"):
                return "done_before"
            await audit.note(connection, now, None, "dead_letter_replayed", letter.place)
        return "done"

    async def _settle(self, letter: DeadLetter, why: str) -> str:
        now = self._unit.clock()
        async with self._unit.pool.acquire() as connection, connection.transaction():
            if not await dead_letters.settle(connection, letter, now, "decided", why):
                return "done_before"
            await audit.note(connection, now, None, "dead_letter_settled", letter.place, reason=why)
        return "done"


class DeadLetters:
    """Those of a service that has an inbox."""

    def __init__(self, unit: Unit, handler: Handler) -> None:
        self.unit = unit
        self.handler = handler
        self.box = DeadLetterBox(unit, self.again)

    async def put(self, unfit: Sequence[tuple[Message, Fault]]) -> None:
        """Puts messages aside and marks them as handled, in one transaction; nothing is said of a duplicate."""
        now = self.unit.clock()
        letters = [letter_of(message, fault, now, self.handler.money_in(message)) for message, fault in unfit]
        # What says something else than what was handled under its identifier is kept too.
        heard = [Heard(letter.ce_id, letter.content, may_differ=True) for letter in letters]
        async with self.unit.pool.acquire() as connection, connection.transaction():
            is_new = await inbox.claim(connection, heard)
            letters = [letter for letter, first in zip(letters, is_new, strict=True) if first]
            new = await dead_letters.insert(connection, letters) if letters else []
        tell(new, letters)

    async def again(self, letter: DeadLetter) -> None:
        """Handles the message that it was, once."""
        await self.handler.again(message_of(letter))


def letter_of(message: Message, fault: Fault, at: datetime, money: Money) -> DeadLetter:
    """Of what could not be read or kept whole, the place alone: there is nothing that could be replayed."""
    is_whole = message.is_readable
    return DeadLetter(
        topic=message.topic,
        partition=message.partition,
        log_offset=message.offset,
        content=message.content,
        at=at,
        ce_id=message.ce_id,
        type=message.ce_type,
        reason=fault.reason,
        detail=fault.detail,
        last_digits=money.last_digits,
        amount_vnd=money.amount_vnd,
        key=message.key if is_whole else None,
        headers=message.headers if is_whole else None,
        payload=message.value if is_whole else None,
    )


def message_of(letter: DeadLetter) -> Message:
    """A letter as the message that it was, as of when it was put aside."""
    headers = letter.headers or {"ce_id": letter.ce_id, "ce_type": letter.type}
    return Message(
        topic=letter.topic,
        partition=letter.partition,
        offset=letter.log_offset,
        timestamp_ms=int(letter.at.timestamp() * 1000),
        key=letter.key or b"",
        value=letter.payload or b"",
        raw_headers=[(name, text.encode()) for name, text in headers.items()],
    )


def tell(new: Sequence[str], letters: Sequence[DeadLetter]) -> None:
    """Says once what was put aside."""
    for reason in new:
        DEAD_LETTERS.labels(reason).inc()
    for letter in letters if new else ():
        log.error("dead_letter", reason=letter.reason, type=letter.type, ce_id=letter.ce_id, place=letter.place)


def timers(pool: Pool) -> list[Timer]:
    """What one process of the service does every so often."""

    async def forget() -> None:
        async with pool.acquire() as connection:
            await dead_letters.forget_old(connection)

    return [Timer(_MEASURE_EVERY_S, partial(measure, pool)), Timer(_FORGET_EVERY_S, forget)]


async def measure(pool: Pool) -> None:
    """The gauge of what waits for somebody, from the table: true after a restart, and when a command settled some."""
    counted = await dead_letters.count_open(pool)
    DEAD_LETTERS_OPEN.clear()
    for reason, letters in counted.items():
        DEAD_LETTERS_OPEN.labels(reason).set(letters)
