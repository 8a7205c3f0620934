"""The one-machine runtime keeps its promises: real parts come up, die, come back with their data, and leave nothing."""

from pathlib import Path

import pytest

from deploy.local.kafka_jars import class_archive
from deploy.local.process import living_pid
from tests.support.cluster import Cluster


def test_a_database_made_from_a_template_has_its_tables_and_is_its_own(cluster: Cluster) -> None:
    cluster.create_database("runtime_template")
    cluster.postgres.query("CREATE TABLE word (w text); INSERT INTO word VALUES ('a')", "runtime_template")

    cluster.create_database("runtime_copy", template="runtime_template")
    cluster.postgres.query("INSERT INTO word VALUES ('b')", "runtime_copy")

    assert cluster.postgres.query("SELECT count(*) FROM word", "runtime_copy") == "2"
    assert cluster.postgres.query("SELECT count(*) FROM word", "runtime_template") == "1"
    for name in ("runtime_copy", "runtime_template"):
        cluster.drop_database(name)


def test_text_sorts_by_code_point_as_in_the_official_image(cluster: Cluster) -> None:
    provider = "SELECT concat(datlocprovider, ' ', datlocale) FROM pg_database WHERE datname = 'postgres'"

    assert cluster.postgres.query(provider) == "b C.UTF-8"


def test_kafka_runs_on_the_classes_that_the_preparation_kept(cluster: Cluster) -> None:
    archive = class_archive()
    if not archive.exists():
        pytest.skip("only ./run test keeps them")
    broker = living_pid(cluster.folder / "kafka.pid")
    assert archive.name in Path(f"/proc/{broker}/maps").read_text()
