"""The bank's mouth: puts what it tells on `bank.transfers`, as SePay's adapter would on receiving a webhook."""

import asyncio
from datetime import UTC, datetime

from deploy.simulator.transfers import Transfer
from shared.errors import DomainError
from shared.events.topics import BANK_TRANSFERS
from shared.ids import uuid7
from shared.kafka.producer import Outgoing, Producer
from shared.observe import trace

SEPAY_TRANSFER = "bank.sepay_transfer.v1"


class BankAway(DomainError):
    """Kafka did not take the message in time; it may be told again, under the same name."""

    code, status = "bank_away", 503


class Bank:
    """Tells transfers. Many tasks may tell at once; each waits until Kafka has acknowledged."""

    def __init__(self, kafka_address: str, topic_prefix: str) -> None:
        self._producer = Producer(kafka_address)
        self._topic = topic_prefix + BANK_TRANSFERS.name
        self._one_at_a_time = asyncio.Lock()

    async def tell(self, transfer: Transfer, now: datetime) -> None:
        """Raises BankAway when the message may not have arrived. Each telling is an event of its own."""
        row = outgoing(transfer, self._topic, now)
        async with self._one_at_a_time:
            acknowledged = await self._producer.send([row])
        if not acknowledged:
            raise BankAway

    async def close(self) -> None:
        await self._producer.close()


def outgoing(transfer: Transfer, topic: str, now: datetime) -> Outgoing:
    """The Kafka message: CloudEvents 1.0 in binary mode, keyed by the receiving account."""
    headers = {
        "ce_id": str(uuid7()),
        "ce_source": "/simulated-bank",
        "ce_specversion": "1.0",
        "ce_type": SEPAY_TRANSFER,
        "ce_time": now.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "ce_subject": str(transfer.provider_id),
        "content-type": "application/json",
        "traceparent": trace.traceparent(trace.current()),
    }
    return Outgoing(0, topic, transfer.payment.account, transfer.sepay_body(), headers)
