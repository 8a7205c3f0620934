"""The one transaction: offsets compared and set, facts in their newest version, signed deltas into the rollups.

Lock order: offsets by (topic, partition), venues, facts, rollups.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

import asyncpg

from services.analytics.stream import store
from services.analytics.stream.batch import Batch, Polled, Positions, batch_of, batch_without
from services.analytics.stream.deltas import Deltas
from shared.clock import utc_now
from shared.kafka.dead_letters import tell
from shared.kafka.faults import Fault, fault_of
from shared.kafka.message import Message
from shared.observe.log import Log
from shared.storage.db import PASSES, Connection
from shared.unit import dead_letters

log = Log(__name__)
# Two batches that change the kind of venues may make one rollup row together; the second is counted again.
MADE_TWICE = asyncpg.UniqueViolationError
# Says that nothing was wrong with the batch itself.
_NOT_THE_BATCHS_FAULT: tuple[type[BaseException], ...] = (store.Fenced, MADE_TWICE, *PASSES)


Pause = Callable[[Message, Fault], Awaitable[None]]


@dataclass(slots=True)
class Applied:
    """What a batch did, for the metrics."""

    facts: int = 0
    stale: int = 0
    corrected: int = 0
    rows: dict[str, int] = field(default_factory=dict[str, int])
    ages_from: list[datetime] = field(default_factory=list[datetime])


async def apply_polled(
    connection: Connection, polled: Polled, positions: Positions, pause: Pause
) -> list[tuple[Batch, Applied]]:
    """Counts what was polled in one transaction; the positions move along. Raises Fenced if another was faster.

    If that fails, each record is counted in one of its own, so that only the culprit is put aside. pause: asked for
    each before that.
    """
    batch = batch_of(polled, positions)
    for message, fault in batch.faults:
        await pause(message, fault)
    try:
        return [(batch, await apply_batch(connection, batch, positions))]
    except _NOT_THE_BATCHS_FAULT:
        raise
    except Exception as error:
        log.error("batch_failed", events=batch.events, error=type(error).__name__, with_trace=True)
    return [await _apply_one(connection, one, positions, pause) for one in polled.each_alone()]


async def _apply_one(connection: Connection, one: Polled, positions: Positions, pause: Pause) -> tuple[Batch, Applied]:
    """one: holds one record."""
    batch = batch_of(one, positions)
    try:
        return batch, await apply_batch(connection, batch, positions)
    except _NOT_THE_BATCHS_FAULT:
        raise
    except Exception as error:
        fault = fault_of(error)
    [(partition, [record])] = one.records.items()
    message = one.message(record)
    await pause(message, fault)
    try:
        batch = batch_without(partition, message, fault, positions)
        return batch, await apply_batch(connection, batch, positions)
    except _NOT_THE_BATCHS_FAULT:
        raise
    except Exception as error:
        log.error("not_put_aside", place=message.place, error=type(error).__name__, with_trace=True)
    # What cannot be put aside whole is put aside by its place. If not even that goes, the reader says so and waits.
    batch = batch_without(partition, message.bare(), fault, positions)
    return batch, await apply_batch(connection, batch, positions)


async def apply_batch(connection: Connection, batch: Batch, positions: Positions) -> Applied:
    """Counts a batch exactly once, or raises Fenced and leaves no trace."""
    async with connection.transaction():
        await store.advance_offsets(connection, batch.advances)
        letters = batch.dead_letters(utc_now())
        new = await dead_letters.insert(connection, letters) if letters else []
        applied = await _apply_facts(connection, batch)
    tell(new, letters)
    for advance in batch.advances:
        positions[advance.topic, advance.partition] = advance.new_offset
    return applied


async def apply_dead_letter(connection: Connection, partition: tuple[str, int], batch: Batch) -> None:
    """Counts a record that was put aside and can be read by now; no offset moves, and twice counts once."""
    async with connection.transaction():
        await store.lock_offset(connection, *partition)
        await _apply_facts(connection, batch)


async def _apply_facts(connection: Connection, batch: Batch) -> Applied:
    applied = Applied()
    deltas = Deltas()
    kind_of = await _apply_venues(connection, batch, deltas, applied)
    await _apply_payments(connection, batch, (deltas, kind_of), applied)
    await _apply_entries(connection, batch, deltas, applied)
    if batch.refunds:
        await store.insert_refunds(connection, [batch.refunds[key] for key in sorted(batch.refunds)])
    await store.revoke(connection, batch.revoked)
    await store.end_passes(connection, batch.ended)
    applied.rows = await store.merge_rollups(connection, deltas)
    if applied.facts or batch.refunds:
        await store.append_change(connection)
    return applied


async def _apply_venues(connection: Connection, batch: Batch, deltas: Deltas, applied: Applied) -> dict[str, str]:
    """The kind of every venue that the batch touches; a venue that changed its kind takes its minutes along."""
    told = batch.venues
    wanted = {payment.venue_id for payment in batch.payments.values()} | told.keys()
    wanted |= {entry.venue_id for entry in batch.entries.values()}
    if not wanted:
        return {}
    known = await store.lock_venues(connection, wanted, to_change=bool(told))
    kind_of = {venue_id: kind for venue_id, (_, kind) in known.items()}
    newer = [told[venue_id] for venue_id in sorted(told) if told[venue_id].version > known[venue_id][0]]
    for venue in newer:
        old_kind = kind_of[venue.venue_id]
        if old_kind != venue.kind:
            for key, cell in (await store.taken_minutes_of_venue(connection, venue.venue_id, old_kind)).items():
                deltas.move_minute(key, cell, venue.kind)
            kind_of[venue.venue_id] = venue.kind
    if newer:
        await store.update_venues(connection, newer)
    applied.facts += len(newer)
    applied.stale += len(told) - len(newer)
    return kind_of


async def _apply_payments(
    connection: Connection, batch: Batch, rollup: tuple[Deltas, dict[str, str]], applied: Applied
) -> None:
    if not batch.payments:
        return
    deltas, kind_of = rollup
    told = batch.payments
    known = await store.insert_payments(connection, told.values())
    old_of = {old.payment_id.int: old for old in await store.lock_payments(connection, known)}
    # A correction may move a payment to another venue: the old one's kind is needed to take it out.
    foreign = {old.venue_id for old in old_of.values()} - kind_of.keys()
    if foreign:
        held = await store.lock_venues(connection, foreign, to_change=False)
        kind_of.update({venue_id: kind for venue_id, (_, kind) in held.items()})
    for key, new in told.items():
        old = old_of.get(key)
        if old is not None and old.version >= new.version:
            applied.stale += 1
            continue
        applied.corrected += old is not None and old.is_taken
        deltas.move_payment(old, new, kind_of)
        applied.facts += 1
        applied.ages_from.append(new.occurred_at)
    if old_of:
        await store.update_payments(connection)


async def _apply_entries(connection: Connection, batch: Batch, deltas: Deltas, applied: Applied) -> None:
    if not batch.entries:
        return
    told = batch.entries
    known = await store.insert_entries(connection, told.values())
    old_of = {old.scan_id.int: old for old in await store.lock_entries(connection, known)}
    for key, new in told.items():
        old = old_of.get(key)
        if old is not None and old.version >= new.version:
            applied.stale += 1
            continue
        applied.corrected += old is not None and old.is_inside
        deltas.move_entry(old, new)
        applied.facts += 1
    if old_of:
        await store.update_entries(connection)
