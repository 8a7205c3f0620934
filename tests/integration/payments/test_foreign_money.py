"""Money for accounts that are none of our merchants' is kept and counted, and holds up nobody's payment."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.local.secrets import ensure_secrets
from services.payments.app import build
from services.payments.intents.usecases.open_intents import ChargeGuest, charge_guest
from shared.events.topics import BANK_TRANSFERS
from shared.ids import OrderId, uuid7
from shared.money import Dong
from shared.process.service import Service
from shared.settings import Settings
from tests.integration.payments.test_owner import HOUSE, furnish
from tests.support.cluster import MIGRATIONS, Cluster
from tests.support.odd_messages import stranger
from tests.support.spine import running
from tests.support.topics import own_topics
from tests.support.waiting import until

FOREIGN = 250


@pytest.fixture
async def payments(cluster: Cluster, tmp_path: Path) -> AsyncIterator[Service]:
    ensure_secrets(tmp_path)
    prefix = f"foreign{uuid4().hex[:8]}."
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(own_topics(cluster.kafka_bootstrap, prefix))
        url = await stack.enter_async_context(cluster.database("payments", MIGRATIONS["payments"]))
        environment = {
            "PAYMENTS_DATABASE_URL": url,
            "KAFKA_BOOTSTRAP_SERVERS": cluster.kafka_bootstrap,
            "TOPIC_PREFIX": prefix,
            "SECRETS_DIR": str(tmp_path),
        }
        service = await build(Settings.read("payments", environment))
        stack.push_async_callback(service.unit.pool.close)
        await furnish(service.unit)
        yield service


async def test_250_transfers_to_nobodys_account_hold_up_no_payment(cluster: Cluster, payments: Service) -> None:
    pool = payments.unit.pool
    order_id = OrderId(uuid7())
    await payments.unit.run(charge_guest, ChargeGuest(order_id, HOUSE, Dong(50_000)))
    bill = await pool.fetchrow("SELECT account_number, reference FROM intents WHERE order_id = $1", order_id)
    assert bill is not None
    told = [_told(number, "1903999988887777", "CK tien hang", 10_000 + number) for number in range(FOREIGN)]
    told.append(_told(FOREIGN, bill["account_number"], f"CK {bill['reference']}", 50_000))
    topic = payments.settings.topic_prefix + BANK_TRANSFERS.name
    async with stranger(cluster.kafka_bootstrap) as producer:
        for number, body in enumerate(told):
            headers = [("ce_id", f"sepay-{number}".encode()), ("ce_type", b"bank.sepay_transfer.v1")]
            await producer.send(topic, body, key=b"one partition", headers=headers)

    async def is_settled() -> bool:
        return await pool.fetchval("SELECT status = 'settled' FROM intents WHERE order_id = $1", order_id) is True

    [consumer] = [consumer for consumer in payments.consumers() if consumer.topic == BANK_TRANSFERS.name]
    async with running(consumer):
        await until(is_settled)
        assert (await payments.health.ready())[1]["stopped"] == ""
    letters = await payments.dead_letters.newest()
    assert {letter.reason for letter in letters} == {"unknown_account"}
    assert sorted(letter.amount_vnd or 0 for letter in letters) == [10_000 + number for number in range(FOREIGN)]
    assert {letter.last_digits for letter in letters} == {"7777"}


def _told(number: int, account: str, memo: str, amount_vnd: int) -> bytes:
    """A notice as SePay sends it."""
    return json.dumps({
        "id": number + 1,
        "gateway": "Vietcombank",
        "transactionDate": datetime(2026, 11, 24, 9, tzinfo=UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "accountNumber": account,
        "code": None,
        "content": memo,
        "transferType": "in",
        "transferAmount": amount_vnd,
        "referenceCode": f"FT-{number}",
    }).encode()  # fmt: skip
