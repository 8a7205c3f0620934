"""Dead letters of analytics: written by the transaction that passed over them, counted again without any offset."""

from services.analytics.stream.batch import Batch
from services.analytics.stream.facts import UnknownType, read
from services.analytics.stream.ingest import apply_dead_letter
from shared.errors import Poison
from shared.kafka.dead_letters import DeadLetterBox
from shared.unit.dead_letters import DeadLetter
from shared.unit.unit import Unit


def box_of(unit: Unit, prefix: str) -> DeadLetterBox:
    """prefix: what our topics' names begin with in Kafka."""

    async def again(letter: DeadLetter) -> None:
        batch = Batch()
        try:
            batch.put(read(letter.type, letter.payload, letter.partition))
        except UnknownType as error:
            raise Poison("unknown_type", letter.type) from error
        async with unit.pool.acquire() as connection:
            await apply_dead_letter(connection, (prefix + letter.topic, letter.partition), batch)
        unit.waker.wake()

    return DeadLetterBox(unit, again)
