"""What the integration tests of every service share."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest

from shared.kafka.topics import create as create_topics
from tests.support.cluster import Cluster
from tests.support.spine import Spine, side_of


@pytest.fixture
async def spine(cluster: Cluster) -> AsyncIterator[Spine]:
    prefix = f"t{uuid4().hex[:8]}."
    await create_topics(cluster.kafka_bootstrap, prefix)
    async with AsyncExitStack() as stack:
        yield Spine(
            cluster,
            await side_of(cluster, "ticketing", prefix, stack),
            await side_of(cluster, "payments", prefix, stack),
        )
