"""Kafka's classes as the Java here wants them, read and checked once for all later starts of a broker."""

import secrets
import socket
import tempfile
from contextlib import ExitStack
from pathlib import Path

from deploy.console import step
from deploy.local.kafka import KafkaBroker
from deploy.local.kafka_jars import class_archive

_ANSWERS_WITHIN_S = 180


def ensure_archive() -> None:
    """Have them; Java notes which it needs while a broker runs, and writes them as that broker ends."""
    archive = class_archive()
    if archive.exists():
        return
    with (
        step("preparing Kafka to start in half the time (once)"),
        tempfile.TemporaryDirectory(prefix=".kafka-", dir=archive.parent) as work,
    ):
        half_made = Path(work) / archive.name
        broker = KafkaBroker(Path(work) / "kafka", _free_ports(), secrets.token_urlsafe(16), log=Path(work) / "log")
        broker.archive_classes(half_made)
        broker.start()
        try:
            broker.wait_ready(_ANSWERS_WITHIN_S)
        finally:
            broker.stop()
        half_made.rename(archive)


def _free_ports() -> tuple[int, int]:
    with ExitStack() as held:
        first, second = (held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(2))
        return first.getsockname()[1], second.getsockname()[1]
