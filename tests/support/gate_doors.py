"""The doors of a gate on a real database, asked by paired phones over HTTP."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.ticketing.app import WEBS, gate_doors
from services.ticketing.gate.api import conflicts, gate, typed
from services.ticketing.gate.api.doors import GateDoors
from services.ticketing.sales.domain.tickets import Ticket
from shared.clock import utc_now
from shared.events.topics import TICKETING_EVENTS
from shared.ids import uuid7
from shared.observe.health import Health
from shared.passes.auth import Doors, PassKeys
from shared.passes.revocations import Revocations, revoke
from shared.storage.db import create_pool
from shared.unit.unit import Unit
from shared.unit.wake import Waker
from shared.web.app import create_app
from shared.web.live import Live
from shared.web.pages import Pages
from tests.support.cluster import Cluster
from tests.support.gate import MIGRATIONS, Phone, Venue, furnish_venue, venue_in

Json = dict[str, Any]


@dataclass(slots=True)
class Gate:
    venue: Venue
    revocations: Revocations
    http: httpx.AsyncClient
    doors: GateDoors
    open_with: Callable[[Mapping[int, Ed25519PublicKey]], GateDoors]

    async def send(self, phone: Phone, *scans: Json) -> list[Json]:
        response = await self.post("/api/gate/scans", phone, {"scans": scans})
        assert response.status_code == 200, response.text
        answers: list[Json] = response.json()["answers"]
        return answers

    async def post(self, path: str, phone: Phone, body: object) -> httpx.Response:
        return await self.http.post(path, content=msgspec.json.encode(body), headers=headers_of(phone))

    async def manifest(self, phone: Phone, since: str | None = None) -> Json:
        response = await self.http.get(
            "/api/gate/manifest", params={"since": since} if since else {}, headers=headers_of(phone)
        )
        assert response.status_code == 200, response.text
        body: Json = response.json()
        return body

    async def pages(self, phone: Phone, since: str | None = None) -> list[Json]:
        """The manifest as a phone reads it: asking on until nothing is left."""
        asked: dict[str, str] = {"since": since} if since else {}
        pages: list[Json] = []
        more: Json | None = {}
        while more is not None:
            response = await self.http.get("/api/gate/manifest", params=asked | more, headers=headers_of(phone))
            pages.append(response.json()["manifest"])
            more = pages[-1]["more"]
        return pages

    async def admitted(self, ticket: Ticket) -> int:
        return int(
            await self.venue.pool.fetchval("SELECT admitted FROM tickets WHERE ticket_id = $1", ticket.ticket_id)
        )

    async def said(self, ticket: Ticket) -> list[str]:
        rows = await self.venue.pool.fetch(
            "SELECT type FROM outbox WHERE aggregate_id = $1 ORDER BY seq", str(ticket.ticket_id)
        )
        return [row["type"].split(".")[1] for row in rows]

    async def lose(self, phone: Phone) -> None:
        """Its pass is revoked, and the doors have heard of it."""
        async with self.venue.pool.acquire() as connection:
            await revoke(connection, UUID(str(phone.device_id)))
        await self.revocations.refresh()


@asynccontextmanager
async def open_gate(cluster: Cluster) -> AsyncIterator[Gate]:
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(cluster.database("gate", MIGRATIONS, furnish_venue))
        pool = await create_pool(url, "ticketing", 12)
        stack.push_async_callback(pool.close)
        waker = Waker(url, solo=True)
        venue = await venue_in(Unit(pool, "ticketing", TICKETING_EVENTS.name, utc_now, waker))
        revocations = Revocations(pool, waker)
        doors = Doors(PassKeys({1: venue.pass_key.private_key.public_key()}), revocations, utc_now)
        pages = Pages(WEBS, "ticketing")
        app = create_app("ticketing", [gate.router, typed.router, conflicts.router], Health(pool).ready, doors, pages)
        live = Live(pool, waker)

        def open_with(public_keys: Mapping[int, Ed25519PublicKey]) -> GateDoors:
            app.state.gate = gate_doors(venue.unit, pages, live, lambda: venue.catalogue, public_keys)
            return cast(GateDoors, app.state.gate)

        bound = open_with({1: venue.signer.private_key.public_key()})
        transport = httpx.ASGITransport(app)
        http = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="https://gate.test"))
        yield Gate(venue, revocations, http, bound, open_with)


def headers_of(phone: Phone) -> dict[str, str]:
    return {
        "Cookie": "; ".join(f"{name}={value}" for name, value in phone.cookies.items()),
        "Content-Type": "application/json",
    }


def scan(ticket: Ticket, at: datetime | None = None, **more: object) -> Json:
    return {"scan_id": uuid7(), "code": ticket.code, "occurred_at": at or utc_now(), "verdict": "admit", **more}
