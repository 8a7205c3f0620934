"""How fast analytics reads what it has missed: its rebuild, which counts both topics from their beginning."""

import asyncio
import time

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.topics import PAYMENTS_EVENTS, TICKETING_EVENTS
from tests.bench.figures import Figure
from tests.support.real_system import RealSystem

_WHAT = "analytics catch-up, both topics from 0"


async def measure_analytics(system: RealSystem) -> Figure:
    """Events of the whole run a second, the start of the program not counted."""
    if "analytics" not in system.http_ports:
        return Figure(_WHAT, "not there", wanted="30000/s")
    started = time.perf_counter()
    await asyncio.to_thread(system.command, "services.analytics", "nonsense")
    start_s = time.perf_counter() - started
    events = await _events(system)
    began = time.perf_counter()
    done = await asyncio.to_thread(system.command, "services.analytics", "rebuild")
    took_s = time.perf_counter() - began - start_s
    if done.returncode != 0:
        return Figure(_WHAT, f"failed: {done.stderr.strip().splitlines()[-1:]}", wanted="30000/s", holds=False)
    return Figure(f"{_WHAT} ({events} events)", f"{events / took_s:.0f}/s", wanted="30000/s")


async def _events(system: RealSystem) -> int:
    asking = AIOKafkaConsumer(bootstrap_servers=system.kafka_bootstrap)
    await asking.start()
    try:
        topics = (TICKETING_EVENTS, PAYMENTS_EVENTS)
        partitions = [TopicPartition(topic.name, number) for topic in topics for number in range(topic.partitions)]
        return sum((await asking.end_offsets(partitions)).values())
    finally:
        await asking.stop()
