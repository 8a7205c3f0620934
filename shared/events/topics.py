"""The topics, their partitions, how long they keep and how much a message may weigh."""

from dataclasses import dataclass

FOREVER_MS = -1
DAYS_90_MS = 90 * 24 * 3600 * 1000
EVENT_BYTES = 1_048_588
"""Kafka's own limit of one record batch."""
# The broker unpacks what comes in: no reader meets a packing it does not know, or a megabyte that becomes hundreds.
FOR_ALL = {"compression.type": "uncompressed", "max.message.bytes": str(EVENT_BYTES)}


@dataclass(frozen=True, slots=True)
class Topic:
    """A partition count is for life: keys move when it changes.

    What is not kept for ever is kept from when it came: by its sender's time, a bank's message from a wrong clock could
    be thrown away before anybody has read it.
    """

    name: str
    partitions: int
    retention_ms: int

    @property
    def configuration(self) -> dict[str, str]:
        return {"retention.ms": str(self.retention_ms), **self.always}

    @property
    def always(self) -> dict[str, str]:
        """What holds also for topics that were made otherwise."""
        stamped = {} if self.retention_ms == FOREVER_MS else {"message.timestamp.type": "LogAppendTime"}
        return {**FOR_ALL, **stamped}


TICKETING_EVENTS = Topic("ticketing.events", 12, FOREVER_MS)
PAYMENTS_EVENTS = Topic("payments.events", 12, FOREVER_MS)
BANK_TRANSFERS = Topic("bank.transfers", 12, DAYS_90_MS)
ALL = (TICKETING_EVENTS, PAYMENTS_EVENTS, BANK_TRANSFERS)
