"""The bank's mouth: puts what it tells on `bank.transfers`, as SePay's adapter would on receiving a webhook."""

from collections.abc import Sequence
from datetime import UTC, datetime

from deploy.simulator.transfers import Transfer
from shared.errors import DomainError
from shared.events.topics import BANK_TRANSFERS
from shared.ids import uuid7
from shared.kafka.producer import Outgoing, Producer
from shared.observe import trace
from shared.unit.batch import One, Together

SEPAY_TRANSFER = "bank.sepay_transfer.v1"
_MOST_TOGETHER = 500


class BankAway(DomainError):
    """Kafka did not take the message in time; it may be told again, under the same name."""

    code, status = "bank_away", 503


class Bank:
    """Tells transfers. Many tasks may tell at once; each waits until Kafka has acknowledged."""

    def __init__(self, kafka_address: str, topic_prefix: str) -> None:
        self._producer = Producer(kafka_address)
        self._topic = topic_prefix + BANK_TRANSFERS.name
        # What many tell while Kafka is away is not tried one after the other, each until its time is over.
        self._send: Together[Outgoing, bool] = Together(self._send_together, _MOST_TOGETHER)

    async def tell(self, transfer: Transfer, now: datetime) -> None:
        """Raises BankAway when the message may not have arrived. Each telling is an event of its own."""
        if not await self._send(outgoing(transfer, self._topic, now)):
            raise BankAway

    async def _send_together(self, batch: Sequence[One[Outgoing]]) -> list[bool]:
        rows = [one.command._replace(seq=number) for number, one in enumerate(batch)]
        acknowledged = set(await self._producer.send(rows))
        return [row.seq in acknowledged for row in rows]

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
