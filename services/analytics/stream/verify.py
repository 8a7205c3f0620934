"""Whether what is shown is what was heard: the rules that must hold at any moment, one finding each."""

from aiokafka.errors import KafkaError

from services.analytics.stream.log_reader import LogReader
from services.analytics.stream.store import SQL, hold_tables
from shared.settings import Settings
from shared.storage.db import Pool
from shared.unit.findings import Finding

_RECOMPUTED = {
    "minutes_equal_facts": "wrong_minutes",
    "hours_equal_facts": "wrong_hours",
    "days_equal_facts": "wrong_days",
    "entries_equal_facts": "wrong_entry_days",
    "no_negative_cell": "negative_cells",
}


async def verify(settings: Settings, pool: Pool) -> list[Finding]:
    """All findings; the rollups are compared in one snapshot, while workers go on."""
    findings: list[Finding] = []
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute("SET LOCAL statement_timeout = '10min'")
        await hold_tables(connection)
        for invariant, statement in _RECOMPUTED.items():
            wrong: int = await connection.fetchval(SQL[statement], timeout=600)
            findings.append(Finding(invariant, wrong == 0, {"wrong_cells": wrong}))
        totals = dict(await connection.fetchrow(SQL["rollup_totals"], timeout=600) or {})
        findings.append(Finding("all_rollups_sum_to_the_facts", len(set(totals.values())) == 1, totals))
    findings.append(await _offsets_within_log(settings, pool))
    return findings


async def _offsets_within_log(settings: Settings, pool: Pool) -> Finding:
    name = "offsets_within_log"
    reader = LogReader(settings)
    try:
        await reader.start()
        rows = await pool.fetch(SQL["all_offsets"], sorted({topic for topic, _ in reader.partitions()}))
        # Asked after our offsets, so that what is written meanwhile cannot look like a step beyond the end.
        ends = await reader.ends()
    except (KafkaError, OSError) as error:
        return Finding(name, ok=False, detail={"error": type(error).__name__})
    finally:
        await reader.stop()
    beyond = sum(row["next_offset"] > ends[row["topic"], row["partition"]] for row in rows)
    read = sum(row["next_offset"] for row in rows)
    return Finding(name, beyond == 0, {"partitions_beyond": beyond, "events_behind": sum(ends.values()) - read})
