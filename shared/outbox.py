"""The outbox: events are rows that commit with what they tell of; the relay carries them to Kafka."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec

from shared import trace
from shared.db import Connection
from shared.events.common import Event
from shared.ids import uuid7
from shared.sql import load

SQL = load(Path(__file__).parent / "statements")


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
    """An event as an outbox row with a new identifier; source is the service's name."""
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
    payload = msgspec.json.encode(event)
    return OutboxRow(event_id, topic, event.key, event.AGGREGATE, event.subject, event.TYPE, payload, headers, now)


async def append(connection: Connection, rows: Sequence[OutboxRow], changes: Sequence[tuple[str, str]]) -> None:
    """Writes events in their order, and (topic, key) of each changed state for the live streams, in one statement.

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
    )


async def resend_since(connection: Connection, since: datetime) -> int:
    """Marks sent rows as unsent from an instant on, for a broker that lost what it had acknowledged; how many."""
    status = await connection.execute(SQL["resend_outbox"], since)
    return int(status.rpartition(" ")[2])
