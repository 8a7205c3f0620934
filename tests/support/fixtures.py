"""The real PostgreSQL and Kafka of a test run, on free ports and with data of their own.

Both are started once a run, when the first test needs them, and removed after it; workers share them. With
MOT_CHAM_TEST_CLUSTER=reuse they stay up between runs (data in .local/test-cluster), which saves some seconds in the
inner loop; `./run reset` ends them.
"""

import json
import os
import secrets
import shutil
import tempfile
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from deploy.local.paths import ROOT
from deploy.local.process import Program, wait_until
from deploy.local.settings import Ports
from tests.support.cluster import Cluster
from tests.support.ports import free_ports
from tests.support.real_system import RealSystem, running_system, services_here
from tests.support.scope import SHAPES
from tests.support.waiting import PATIENCE_S

REUSED = ROOT / ".local" / "test-cluster"
_MEMORY = Path("/dev/shm")
_ENOUGH_BYTES = 3_000_000_000  # a run took 400 MB at most, and PostgreSQL may keep 2 GB of its log
_SHARED = pytest.StashKey["_SharedByWorkers"]()


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """PostgreSQL and Kafka, up. Databases and topics are the test's own: make them under a name of your own.

    Nobody kills a part of it; tests that do lie in tests/integration/durability.
    """
    if os.environ.get("MOT_CHAM_TEST_CLUSTER") == "reuse":
        found = _reused()
    elif (shared := getattr(request.config, "workerinput", {}).get("cluster")) is not None:
        found = _asked_for(Path(shared))
    else:
        with own_cluster(_in_memory()) as started:
            started.forget_power_cuts()
            yield started
        return
    yield found
    found.drop_furnished()


@pytest.fixture(scope="session")
def mortal_cluster() -> Iterator[Cluster]:
    """A cluster whose parts may be killed, for tests/integration/durability."""
    with own_cluster() as started:
        yield started


@pytest.fixture(scope="session", params=SHAPES)
def supervised(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RealSystem, Program]]:
    """The whole system on parts of its own under its supervisor, for chaos and, when that is over, for the bench.

    A service is one process in one run, and in another it is apart: two processes of each role.
    """
    folder = tmp_path_factory.mktemp("supervised")
    system = RealSystem.make(folder, services_here(), "WARNING", apart=request.param == "apart")
    with running_system(system) as supervisor:
        yield system, supervisor


@contextmanager
def own_cluster(where: Path | None = None) -> Generator[Cluster]:
    """A cluster that nobody shares, which syncs to disk as it does in earnest. Who kills a part starts it again."""
    with tempfile.TemporaryDirectory(prefix="mot-cham-test-", dir=where, ignore_cleanup_errors=True) as folder:
        started = Cluster(Path(folder), Ports(*free_ports(3)), secrets.token_urlsafe(16))
        try:
            started.start()
            yield started
        finally:
            started.stop()


def _in_memory() -> Path | None:
    """Where files are kept in memory; None if there is little of it, as in a container.

    A database has some 400 files, and a disk's file system finds places for new ones slowly right after others were
    removed: of 82 tests that each had a database, that was the half of their CPU.
    """
    there = os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ENOUGH_BYTES
    return _MEMORY if there else None


class _SharedByWorkers:
    """The cluster of a run with workers: the process above them starts it once one asks, and ends it.

    A worker asks by writing into a pipe, and finds what it needs to know in a file.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mot-cham-run-"))
        os.mkfifo(self.folder / "asked")
        self._thread = threading.Thread(target=self._serve, name="cluster")
        self._is_over = threading.Event()
        self._thread.start()

    def _serve(self) -> None:
        (self.folder / "asked").read_bytes()  # returns once somebody has asked
        if self._is_over.is_set():
            return
        try:
            with own_cluster(_in_memory()) as started:
                started.forget_power_cuts()
                _note(self.folder, started)
                self._is_over.wait()
        except BaseException as error:
            (self.folder / "failed").write_text(repr(error), encoding="utf-8")
            raise

    def end(self) -> None:
        self._is_over.set()
        _ask(self.folder)
        self._thread.join()
        for left in self.folder.iterdir():
            left.unlink()
        self.folder.rmdir()


def _ask(folder: Path) -> None:
    """Nobody reads any more when another has asked before."""
    try:
        asked = os.open(folder / "asked", os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return
    os.write(asked, b".")
    os.close(asked)


def _asked_for(folder: Path) -> Cluster:
    settings = folder / "settings.json"
    if not settings.exists():
        _ask(folder)
        wait_until(lambda: settings.exists() or (folder / "failed").exists(), PATIENCE_S, "the cluster starts")
    assert settings.exists(), (folder / "failed").read_text(encoding="utf-8")
    known = json.loads(settings.read_text(encoding="utf-8"))
    return Cluster(Path(known["folder"]), Ports(**known["ports"]), known["password"])


def _note(folder: Path, cluster: Cluster) -> None:
    """Written under another name first, so that nobody reads the half of it."""
    known = {"folder": str(cluster.folder), "password": cluster.password, "ports": asdict(cluster.ports)}
    half = folder / "settings.half"
    half.write_text(json.dumps(known), encoding="utf-8")
    half.rename(folder / "settings.json")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tells each worker where to ask."""
    config: pytest.Config = node.config
    if _SHARED not in config.stash:
        config.stash[_SHARED] = _SharedByWorkers()
    node.workerinput["cluster"] = str(config.stash[_SHARED].folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    if (shared := config.stash.get(_SHARED, None)) is not None:
        shared.end()


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
    kept.forget_power_cuts()
    kept.kafka.wait_ready()
    return kept
