"""The whole system, once a session; and a gate as its phones see it, with a server that can go away."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.async_api import Browser, async_playwright

from deploy.local.secrets import ensure_secrets
from services.ticketing.codes.keys import TicketSigner
from shared.clock import utc_now
from shared.events.topics import TICKETING_EVENTS
from shared.kafka.topics import create as create_topics
from shared.passes.keys import read_private_key
from shared.storage import migrate
from shared.storage.db import create_pool
from shared.unit.unit import Unit
from shared.unit.wake import Waker
from tests.support.cluster import Cluster
from tests.support.gate import MIGRATIONS, open_venue
from tests.support.gate_site import GateServer, Site
from tests.support.ports import free_ports
from tests.support.screens import launch
from tests.support.system import System


@pytest.fixture(scope="session")
def system(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Everything that `./run up` starts. A test that pauses it resumes it; people and sums in it are everybody's."""
    started = System(cluster, tmp_path_factory.mktemp("system"))
    try:
        asyncio.run(started.start())
        yield started
    finally:
        started.stop()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await launch(playwright)
        yield opened
        await opened.close()


@pytest.fixture
def gate_server(cluster: Cluster, tmp_path: Path) -> Iterator[GateServer]:
    name = f"gate_{uuid4().hex[:8]}"
    cluster.create_database(name)
    ensure_secrets(tmp_path)
    [port] = free_ports(1)
    environment = {
        "TICKETING_DATABASE_URL": cluster.postgres_url(name),
        "KAFKA_BOOTSTRAP_SERVERS": cluster.kafka_bootstrap,
        "TOPIC_PREFIX": f"{name}.",
        "SECRETS_DIR": str(tmp_path),
        "PROFILE": "demo",
        "LOG_LEVEL": "WARNING",
    }
    server = GateServer(environment, port)
    yield server
    server.stop()
    cluster.drop_database(name)


@pytest.fixture
async def site(gate_server: GateServer, tmp_path: Path) -> AsyncIterator[Site]:
    url = gate_server.environment["TICKETING_DATABASE_URL"]
    async with AsyncExitStack() as stack:
        await migrate.migrate(url, MIGRATIONS)
        pool = await create_pool(url, "ticketing", 4)
        stack.push_async_callback(pool.close)
        venue = await open_venue(Unit(pool, "ticketing", TICKETING_EVENTS.name, utc_now, Waker(url, solo=True)))
        venue.signer = TicketSigner(1, read_private_key(tmp_path / "ticket-key-1.pem"))
        venue.pass_key = read_private_key(tmp_path / "pass-key.pem")
        await create_topics(gate_server.environment["KAFKA_BOOTSTRAP_SERVERS"], gate_server.environment["TOPIC_PREFIX"])
        gate_server.start()
        playwright = await stack.enter_async_context(async_playwright())
        browser = await launch(playwright)
        stack.push_async_callback(browser.close)
        opened = Site(venue, gate_server, browser, playwright)
        yield opened
        assert opened.faults == []
