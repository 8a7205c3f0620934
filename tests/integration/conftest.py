"""What the integration tests of every service share."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services.ticketing.people.usecases import passwords
from shared.events.topics import BANK_TRANSFERS, TICKETING_EVENTS
from tests.support.analytics_stage import Stage, open_stage
from tests.support.cluster import Cluster
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
def pass_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture
async def stage(cluster: Cluster, tmp_path: Path, pass_key: Ed25519PrivateKey) -> AsyncIterator[Stage]:
    public = pass_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "pass-public.pem").write_bytes(public)
    async for opened in open_stage(cluster, tmp_path):
        yield opened
