"""Admissions: signed scans over kept connections, a POST each, beside the bare conditional UPDATE on as many."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import asyncpg
import msgspec

from shared.clock import local_date, utc_now
from shared.ids import uuid7
from tests.bench.figures import spread
from tests.bench.http import Kept, kept, post
from tests.bench.load import Bounds, Load, Outcome, Run, side_by_side
from tests.bench.subject import Subject
from tests.bench.visitors import Wish, bought
from tests.support.buyers import SeenTicket
from tests.support.gate import PRODUCT

# As an admission's own, without its effect: the tickets are counted afterwards.
BARE_UPDATE = (
    "UPDATE tickets SET version = version + 1"
    " WHERE ticket_id = $1 AND status = 'valid' AND admitted + 1 <= admits RETURNING admitted"
)
_PEOPLE = 60  # an order's most
_FIRST = 600  # scans that show how many tickets a load will take
_BARE = "SELECT ticket_id FROM tickets WHERE status = 'valid' AND admitted < admits LIMIT 4000"


def admission(connections: int, wanted: dict[str, Bounds]) -> Load:
    return Load(
        name=f"admission-{connections}",
        what=f"admission, POST of one signed scan, {connections} connections",
        unit="admission",
        ready=partial(_ready, connections=connections),
        wanted=wanted,
        percents=(50, 95),
        limit=partial(_bare, connections=connections),
    )


@asynccontextmanager
async def _ready(subject: Subject, for_s: float, *, connections: int) -> AsyncGenerator[Run]:
    async with kept(subject.ports, connections) as phones:
        scanners = [_scanner(phone) for phone in phones]
        first = await side_by_side(await _scans(subject, _FIRST), scanners, for_s)
        # Much more than that rate asks for: it was cold, and a load that runs out of tickets measures nothing.
        scans = iter(await _scans(subject, max(_FIRST // 2, int(2.5 * for_s * first.units / first.in_s))))

        async def run(for_s: float) -> Outcome:
            return await side_by_side(scans, scanners, for_s)

        yield run


async def _scans(subject: Subject, count: int) -> list[bytes]:
    """Requests with a new ticket each, so many or some more."""
    wish = Wish(PRODUCT, local_date(utc_now()), _PEOPLE)
    orders = await bought(subject, wish, -(-count // _PEOPLE))
    return [_request(subject, ticket) for order in orders for ticket in order.tickets]


def _request(subject: Subject, ticket: SeenTicket) -> bytes:
    scan = {"scan_id": uuid7(), "code": ticket.code, "occurred_at": utc_now(), "verdict": "admit"}
    return post("/api/gate/scans", msgspec.json.encode({"scans": [scan]}), {"Cookie": subject.cookie})


def _scanner(phone: Kept) -> Callable[[bytes], Awaitable[None]]:
    async def scan(request: bytes) -> None:
        answer = await phone.ask(request)
        assert b'"admitted"' in answer.body, answer

    return scan


async def _bare(subject: Subject, *, connections: int) -> str:
    url = subject.database_url("ticketing")
    opened = [await asyncpg.connect(url) for _ in range(connections)]
    try:
        tickets = [row["ticket_id"] for row in await opened[0].fetch(_BARE)]
        statements = [await connection.prepare(BARE_UPDATE) for connection in opened]
        done = await side_by_side(tickets, [statement.fetchval for statement in statements], 60)
        return f"bare UPDATE {done.units / done.in_s:,.0f}/s, {spread(done.waits[''], 50, 95)}"
    finally:
        for connection in opened:
            await connection.close()
