"""Admissions a second: signed scans over 8 kept connections, beside the bare conditional UPDATE on as many."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

import asyncpg
import msgspec

from services.ticketing.catalogue.store import read_catalogue
from services.ticketing.sales.domain.tickets import Ticket
from shared.clock import utc_now
from shared.events.topics import TICKETING_EVENTS
from shared.ids import uuid7
from shared.keys.files import TICKET_KEYS, load_keys
from shared.storage.db import create_pool
from shared.unit.unit import Unit
from shared.unit.wake import Waker
from tests.bench.figures import Figure, ms, spread
from tests.support.buyers import Gates
from tests.support.gate import VENUE
from tests.support.gate import Venue as GateVenue
from tests.support.real_system import RealSystem

T = TypeVar("T")
CONNECTIONS = 8
_SCANS = 2_500
_WANTED_PER_S, _WANTED_P95_MS = 600, 25

BARE_UPDATE = (
    "UPDATE tickets SET admitted = admitted + 1, version = version + 1"
    " WHERE ticket_id = $1 AND status = 'valid' AND admitted + 1 <= admits"
)


@dataclass(frozen=True, slots=True)
class Rate:
    seconds: list[float]
    per_s: float


async def measure_admission(system: RealSystem, gates: Gates, scans: int = _SCANS) -> Figure:
    """One admission is a POST with one scan: pass, signature, rule, row, event."""
    warm_up = scans // 5
    tickets = await _issue(system, warm_up + scans + scans)
    scanned, bare = tickets[: warm_up + scans], tickets[warm_up + scans :]
    limit = await _bare(system, [ticket.ticket_id for ticket in bare])
    requests = [_request(system, gates, ticket) for ticket in scanned]
    await _posted(system, requests[:warm_up])
    rate = await _posted(system, requests[warm_up:])
    return Figure(
        f"admission, POST of one signed scan, {CONNECTIONS} connections",
        f"{rate.per_s:.0f}/s, {spread(rate.seconds, 50, 95)}",
        f"bare UPDATE {limit.per_s:.0f}/s, {spread(limit.seconds, 50, 95)}",
        f">= {_WANTED_PER_S}/s, p95 <= {_WANTED_P95_MS} ms",
        rate.per_s >= _WANTED_PER_S and ms(rate.seconds, 95) <= _WANTED_P95_MS,
    )


async def _issue(system: RealSystem, count: int) -> list[Ticket]:
    """So many tickets for today, as a sale would issue them, with their events sent."""
    url = system.database_url("ticketing")
    pool = await create_pool(url, "bench", 4)
    try:
        unit = Unit(pool, "ticketing", TICKETING_EVENTS.name, utc_now, Waker(url, solo=True))
        signer = load_keys(system.secrets, TICKET_KEYS).signer
        async with pool.acquire() as connection:
            venue = GateVenue(unit=unit, catalogue=await read_catalogue(connection), signer=signer)
        tickets: list[Ticket] = []
        while len(tickets) < count:
            tickets += await venue.issue(people=60)
        while await pool.fetchval("SELECT true FROM outbox WHERE sent_at IS NULL LIMIT 1"):  # noqa: ASYNC110
            await asyncio.sleep(0.2)
        return tickets[:count]
    finally:
        await pool.close()


async def _bare(system: RealSystem, ticket_ids: Sequence[UUID]) -> Rate:
    url = system.database_url("ticketing")
    connections = [await asyncpg.connect(url) for _ in range(CONNECTIONS)]
    try:
        statements = [await connection.prepare(BARE_UPDATE) for connection in connections]
        return await _side_by_side(ticket_ids, [statement.fetchval for statement in statements])
    finally:
        for connection in connections:
            await connection.close()


def _request(system: RealSystem, gates: Gates, ticket: Ticket) -> bytes:
    scan = {"scan_id": uuid7(), "code": ticket.code, "occurred_at": utc_now(), "verdict": "admit"}
    body = msgspec.json.encode({"scans": [scan]})
    head = (
        f"POST /api/gate/scans HTTP/1.1\r\nHost: 127.0.0.1:{system.http_ports['ticketing']}\r\n"
        f"Cookie: {gates.cookies[VENUE]}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _posted(system: RealSystem, requests: Sequence[bytes]) -> Rate:
    """The generator shares the machine with what it measures, so it does no more than it must."""
    ends = [await asyncio.open_connection("127.0.0.1", system.http_ports["ticketing"]) for _ in range(CONNECTIONS)]

    def sender(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Callable[[bytes], Awaitable[None]]:
        async def send(request: bytes) -> None:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
            body = await reader.readexactly(int(length))
            assert b'"admitted"' in body, body

        return send

    try:
        return await _side_by_side(requests, [sender(*end) for end in ends])
    finally:
        for _, writer in ends:
            writer.close()


async def _side_by_side(items: Sequence[T], workers: Sequence[Callable[[T], Awaitable[object]]]) -> Rate:
    """Each worker takes the next item as soon as it is done with one."""
    waiting = iter(items)
    seconds: list[float] = []

    async def work(on: Callable[[T], Awaitable[object]]) -> None:
        for item in waiting:
            began = time.perf_counter()
            await on(item)
            seconds.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*map(work, workers))
    return Rate(seconds, len(items) / (time.perf_counter() - began))
