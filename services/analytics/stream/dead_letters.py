"""Dead letters of analytics are rows, written by the transaction that passed over them."""

from collections.abc import Sequence

from services.analytics.stream import store
from services.analytics.stream.batch import Batch
from services.analytics.stream.batch import DeadLetter as StoredLetter
from services.analytics.stream.facts import UnknownType, read
from services.analytics.stream.ingest import apply_dead_letter
from shared.errors import Poison
from shared.kafka.dead_letters import DeadLetter
from shared.kafka.message import Message
from shared.unit.unit import Unit

_AT_MOST = 10_000


class StoredDeadLetters:
    """The table instead of a topic. A replayed letter is counted and gone; no offset and no inbox is involved."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def read(self) -> list[DeadLetter]:
        return [DeadLetter(_message(letter), letter.reason, replayed=False) for letter in await self._stored()]

    async def replay(self, ce_ids: Sequence[str] | None = None) -> dict[str, str]:
        wanted = [letter for letter in await self._stored() if ce_ids is None or letter.ce_id in ce_ids]
        return {letter.ce_id: await self._again(letter) for letter in wanted}

    async def _again(self, letter: StoredLetter) -> str:
        batch = Batch()
        try:
            batch.put(read(letter.type, letter.payload, letter.partition))
        except UnknownType:
            return "unknown_type"
        except Poison as poison:
            return poison.reason
        async with self._unit.pool.acquire() as connection:
            await apply_dead_letter(connection, letter, batch)
        self._unit.waker.wake()
        return "done"

    async def _stored(self) -> list[StoredLetter]:
        async with self._unit.pool.acquire() as connection:
            return await store.list_dead_letters(connection, _AT_MOST)


def _message(letter: StoredLetter) -> Message:
    return Message(
        topic=letter.topic,
        partition=letter.partition,
        offset=letter.log_offset,
        key=(letter.key or b"").decode(errors="replace"),
        value=letter.payload or b"",
        headers={"ce_id": letter.ce_id, "ce_type": letter.type},
    )
