"""The outbox: events are rows that commit with what they tell of; the relay carries them to Kafka."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from shared.events.common import Event
from shared.events.topics import EVENT_BYTES
from shared.ids import uuid7
from shared.observe import trace
from shared.storage.db import Connection, Record
from shared.unit.changes import Snapshot, Watched
from shared.unit.cleaning import changed_rows, delete_in_turns
from shared.unit.statements import SQL

# What Kafka takes, less room for a key and headers.
_MOST_BYTES = EVENT_BYTES - 64 * 1024


class EventTooLarge(Exception):
    """Kafka would never take this event: what it tells of must not happen either."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """What the relay will send, as CloudEvents 1.0 in Kafka's binary mode."""

    id: UUID
    topic: str
    key: str
    aggregate_type: str
    aggregate_id: str
    type: str
    payload: bytes
    headers: dict[str, str]
    at: datetime


def row_of(event: Event, source: str, topic: str, now: datetime) -> OutboxRow:
    """An event as an outbox row with a new identifier; source is the service's name. Raises EventTooLarge."""
    payload = msgspec.json.encode(event)
    if len(payload) > _MOST_BYTES:
        raise EventTooLarge(event.TYPE, len(payload))
    event_id = uuid7()
    headers = {
        "ce_id": str(event_id),
        "ce_source": f"/{source}",
        "ce_specversion": "1.0",
        "ce_type": event.TYPE,
        "ce_time": now.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "ce_subject": event.subject,
        "content-type": "application/json",
        "traceparent": trace.traceparent(trace.current()),
    }
    return OutboxRow(event_id, topic, event.key, event.AGGREGATE, event.subject, event.TYPE, payload, headers, now)


async def append(connection: Connection, rows: Sequence[OutboxRow], changes: Mapping[Watched, Snapshot | None]) -> None:
    """Writes events in their order, and what changed for the live streams, in one statement.

    Called last in a transaction, when every aggregate's row is locked already.
    """
    await connection.execute(
        SQL["append_said"],
        [row.id for row in rows],
        [row.topic for row in rows],
        [row.key for row in rows],
        [row.aggregate_type for row in rows],
        [row.aggregate_id for row in rows],
        [row.type for row in rows],
        [row.payload for row in rows],
        [json.dumps(row.headers) for row in rows],
        [row.at for row in rows],
        [topic for topic, _ in changes],
        [key for _, key in changes],
        [snapshot and snapshot.version for snapshot in changes.values()],
        [snapshot and snapshot.state for snapshot in changes.values()],
    )


async def unsent(connection: Connection, limit: int) -> list[Record]:
    """seq, topic, key, payload, headers (JSON text) and time of the oldest rows that Kafka has not acknowledged."""
    return await connection.fetch(SQL["unsent_outbox"], limit)


async def mark_sent(connection: Connection, seqs: Sequence[int]) -> None:
    await connection.execute(SQL["mark_outbox_sent"], seqs)


async def count_unsent(connection: Connection) -> int:
    """At most 10,000: more are not counted."""
    return int(await connection.fetchval(SQL["count_outbox_unsent"]))


async def delete_old(connection: Connection) -> None:
    """Rows that were said a week ago, and sent."""
    await delete_in_turns(connection, SQL["delete_old_outbox"])


async def resend_since(connection: Connection, since: datetime) -> int:
    """Has what was said from an instant on sent again, for a broker that lost what it had acknowledged; how many."""
    return changed_rows(await connection.execute(SQL["resend_outbox"], since))
