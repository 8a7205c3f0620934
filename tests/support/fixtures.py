"""The real PostgreSQL and Kafka of a test session, on free ports and with data of their own.

Both are started once per session and removed after it. With MOT_CHAM_TEST_CLUSTER=reuse they stay up between
sessions (data in .local/test-cluster), which saves some seconds in the inner loop; `./run reset` ends them.
"""

import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from deploy.local.paths import ROOT
from deploy.local.settings import Ports
from tests.support.cluster import Cluster
from tests.support.ports import free_ports

REUSED = ROOT / ".local" / "test-cluster"


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """PostgreSQL and Kafka, up. Databases and topics are the test's own: make them under a name of your own.

    A test that kills a part starts it again before it ends.
    """
    if os.environ.get("MOT_CHAM_TEST_CLUSTER") == "reuse":
        yield _reused()
        return
    with tempfile.TemporaryDirectory(prefix="mot-cham-test-", ignore_cleanup_errors=True) as folder:
        started = Cluster(Path(folder), Ports(*free_ports(3)), secrets.token_urlsafe(16))
        try:
            started.start()
            yield started
        finally:
            started.stop()


def _reused() -> Cluster:
    """The cluster of an earlier session, started if it does not run."""
    settings = REUSED / "settings.json"
    if not settings.exists():
        REUSED.mkdir(parents=True, exist_ok=True)
        chosen = {"password": secrets.token_urlsafe(16), "ports": asdict(Ports(*free_ports(3)))}
        settings.write_text(json.dumps(chosen), encoding="utf-8")
    known = json.loads(settings.read_text(encoding="utf-8"))
    kept = Cluster(REUSED, Ports(**known["ports"]), known["password"], survives_us=True)
    for part in (kept.kafka, kept.postgres):
        if not (part.is_alive() and part.answers()):
            part.start()
    kept.postgres.wait_ready()
    kept.ensure_owner()
    kept.kafka.wait_ready()
    return kept
