"""The whole system and a browser, once a worker; and a gate as its phones see it, with a server that can go away."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Playwright, async_playwright

from deploy.local.secrets import ensure_secrets
from shared.clock import utc_now
from shared.events.topics import PAYMENTS_EVENTS, TICKETING_EVENTS
from shared.keys.files import PASS_KEYS, TICKET_KEYS, load_keys
from shared.storage.db import create_pool
from shared.unit.unit import Unit
from shared.unit.wake import Waker
from tests.support.cluster import Cluster
from tests.support.gate import MIGRATIONS, furnish_venue, venue_in
from tests.support.gate_site import GateServer, Site
from tests.support.ports import free_ports
from tests.support.screens import launch
from tests.support.system import System
from tests.support.topics import own_topics

# A browser lives in the loop that started it, so these tests and fixtures share one loop (tests/conftest.py).
GATE_TOPICS = (TICKETING_EVENTS, PAYMENTS_EVENTS)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def system(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """Everything that `./run up` starts. A test that pauses it resumes it; people and sums in it are everybody's."""
    started = System(cluster, tmp_path_factory.mktemp("system"))
    async with AsyncExitStack() as stack:
        await started.start(stack)
        yield started


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def playwright() -> AsyncIterator[Playwright]:
    async with async_playwright() as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium(playwright: Playwright) -> AsyncIterator[Browser]:
    opened = await launch(playwright)
    yield opened
    await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def browser(chromium: Browser) -> AsyncIterator[Browser]:
    """A browser in which nobody has opened anything. Phones are contexts of it, which know nothing of each other."""
    yield chromium
    for context in chromium.contexts:
        await context.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def gate_topics(cluster: Cluster) -> AsyncIterator[str]:
    """The prefix of topics for all gates, one after another: what one says, the next does not hear."""
    prefix = f"gate_{secrets.token_hex(4)}."
    async with own_topics(cluster.kafka_bootstrap, prefix, GATE_TOPICS):
        yield prefix


@pytest_asyncio.fixture(loop_scope="session")
async def site(
    cluster: Cluster, gate_topics: str, tmp_path: Path, browser: Browser, playwright: Playwright
) -> AsyncIterator[Site]:
    ensure_secrets(tmp_path)
    [port] = free_ports(1)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(cluster.database("gate", MIGRATIONS, furnish_venue))
        pool = await create_pool(url, "ticketing", 4)
        stack.push_async_callback(pool.close)
        venue = await venue_in(Unit(pool, "ticketing", TICKETING_EVENTS.name, utc_now, Waker(url, solo=True)))
        venue.signer = load_keys(tmp_path, TICKET_KEYS).signer
        venue.pass_key = load_keys(tmp_path, PASS_KEYS).signer
        environment = {
            "TICKETING_DATABASE_URL": url,
            "KAFKA_BOOTSTRAP_SERVERS": cluster.kafka_bootstrap,
            "TOPIC_PREFIX": gate_topics,
            "SECRETS_DIR": str(tmp_path),
            "PROFILE": "demo",
            "LOG_LEVEL": "WARNING",
        }
        server = GateServer(environment, port)
        stack.callback(server.stop)
        server.start()
        opened = Site(venue, server, browser, playwright)
        yield opened
        assert opened.faults == []
