"""Intents of the release before become orders or charges, and each id may be one of each from then on."""

from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest

from shared.storage import migrate
from shared.storage.db import create_pool
from tests.support.cluster import Cluster
from tests.support.payments import MIGRATIONS, first_migrations

ORDER, CHARGE = UUID(int=1), UUID(int=2)
INSERT = """
INSERT INTO intents (intent_id, order_id, merchant_id, venue_id, old_district_code, new_commune_code, status,
                     amount_state, timing, amount_vnd, lines, channel, business_date, expires_at, reference, qr_payload,
                     bank_bin, account_number, account_name, trace_id, opened_at, version)
VALUES (gen_random_uuid(), $1, 'm', 'v', '', '', 'open', 'none', 'on_time', 60000, '[]', $2, now(), now(), $2, '',
        '', '1', '', '', now(), 1)
"""
INSERT_NOW = INSERT.replace("(intent_id,", "(source, intent_id,").replace("VALUES (", "VALUES ($3, ")


async def test_an_intent_of_before_is_a_charge_if_an_owner_made_it_and_a_new_one_says_what_it_is(
    cluster: Cluster, tmp_path: Path
) -> None:
    name = f"apart_{uuid4().hex[:8]}"
    cluster.create_database(name)
    url = cluster.postgres_url(name)
    await migrate.migrate(url, first_migrations(tmp_path, 4))
    pool = await create_pool(url, "apart", 2)
    await pool.execute(
        "INSERT INTO merchants (merchant_id, venue_id, name, bank_bin, account_number, account_name, version)"
        " VALUES ('m', 'v', 'Demo', '970436', '1', 'DEMO', 1)"
    )
    await pool.execute(INSERT, ORDER, "web")
    await pool.execute(INSERT, CHARGE, "owner")

    await migrate.migrate(url, MIGRATIONS)

    await pool.execute(INSERT_NOW, CHARGE, "gate", "order")
    with pytest.raises(asyncpg.UniqueViolationError):
        await pool.execute(INSERT_NOW, CHARGE, "agent", "charge")
    with pytest.raises(asyncpg.NotNullViolationError):
        await pool.execute(INSERT, uuid4(), "agent")
    rows = await pool.fetch("SELECT source, order_id, channel FROM intents ORDER BY order_id, channel")
    await pool.close()
    cluster.drop_database(name)
    assert [tuple(row) for row in rows] == [
        ("order", ORDER, "web"),
        ("order", CHARGE, "gate"),
        ("charge", CHARGE, "owner"),
    ]
