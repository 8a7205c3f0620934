"""Tests that kill a part have parts of their own, which run as `./run up` runs them: what was said is on the disk."""

import pytest

from tests.support.cluster import Cluster


@pytest.fixture(scope="session")
def cluster(mortal_cluster: Cluster) -> Cluster:
    """Instead of the one that all other tests share. A test that kills a part starts it again before it ends."""
    return mortal_cluster
