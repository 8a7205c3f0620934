"""What the integration tests of every service share."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from argon2 import PasswordHasher

from services.ticketing.people.usecases import passwords
from shared.events.topics import BANK_TRANSFERS, TICKETING_EVENTS
from shared.keys.files import Keys
from shared.keys.new_key import public_pem
from tests.support.analytics_stage import Stage, open_stage
from tests.support.cluster import Cluster
from tests.support.keys import new_keys
from tests.support.spine import Spine, side_of
from tests.support.topics import own_topics

# What the two services of the tests' own say and hear.
SPOKEN = (TICKETING_EVENTS, BANK_TRANSFERS)


@pytest.fixture
async def spine(cluster: Cluster) -> AsyncIterator[Spine]:
    prefix = f"t{uuid4().hex[:8]}."
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(own_topics(cluster.kafka_bootstrap, prefix, SPOKEN))
        yield Spine(
            cluster,
            await side_of(cluster, "ticketing", prefix, stack),
            await side_of(cluster, "payments", prefix, stack),
        )


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """A password is worked out at once: what these tests ask is who waits for whom. tests/unit knows the real cost."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", cheap)
    monkeypatch.setattr(passwords, "_NOBODYS", cheap.hash("nobody's"))


@pytest.fixture(scope="session")
def pass_keys() -> Keys:
    return new_keys()


@pytest.fixture
async def stage(cluster: Cluster, tmp_path: Path, pass_keys: Keys) -> AsyncIterator[Stage]:
    (tmp_path / "pass-public.pem").write_bytes(public_pem(pass_keys.public_keys[1]))
    async for opened in open_stage(cluster, tmp_path):
        yield opened
