"""Prints every event of the system as it passes, as one line: when, what, and the numbers in it."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Self

from aiokafka import AIOKafkaConsumer

from shared.events.topics import BANK_TRANSFERS, PAYMENTS_EVENTS, TICKETING_EVENTS
from shared.kafka.connection import connection
from shared.kafka.message import Message
from shared.kafka.patience import stop_within

_SHOWN = ("status", "total_vnd", "amount_vnd", "paid_vnd", "reason", "group_size", "count", "admitted", "tender")


class Watch:
    """`async with Watch(...)`: prints from the moment it is entered; the bank's own messages only by their type."""

    def __init__(self, kafka_address: str, topic_prefix: str, say: Callable[[str], None]) -> None:
        self._prefix = topic_prefix
        self._say = say
        topics = [self._prefix + topic.name for topic in (TICKETING_EVENTS, PAYMENTS_EVENTS, BANK_TRANSFERS)]
        self._consumer = AIOKafkaConsumer(*topics, **connection(kafka_address))
        self._began = time.monotonic()
        self._reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._consumer.start()
        # Positions are fixed now, so that the first event is not missed.
        for partition in self._consumer.assignment():
            await self._consumer.position(partition)
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._reading is not None:
            self._reading.cancel()
        await stop_within(self._consumer, 3.0)

    async def _read(self) -> None:
        while True:
            message = Message.of(await self._consumer.getone(), self._prefix)
            self._say(line_of(message, time.monotonic() - self._began))


def line_of(message: Message, after_s: float) -> str:
    """One event for the screen. Of a bank's message nothing but its type: the rest is somebody's own."""
    return f"    {after_s:8.3f} s  {message.ce_type:<36} {_facts(message)}".rstrip()


def _facts(message: Message) -> str:
    if message.topic == BANK_TRANSFERS.name:
        return ""
    body: object = json.loads(message.value)
    assert isinstance(body, dict), "our own events are JSON objects"
    return " ".join(f"{name}={body[name]}" for name in _SHOWN if name in body)
