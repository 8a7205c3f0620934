"""Kafka's classes as the Java here wants them, read and checked once for all later starts of a broker."""

import logging
import secrets
import socket
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path

from deploy.console import step
from deploy.local.kafka import KafkaBroker
from deploy.local.kafka_jars import class_archive
from deploy.local.process import DidNotHappen

_ANSWERS_WITHIN_S = 180


def ensure_archive() -> None:
    """Have them; Java notes which it needs while a broker runs, and writes them as that broker ends."""
    archive = class_archive()
    if archive.exists():
        return
    # It warns that the administrator's password is not encrypted; it stays on this machine.
    logging.getLogger("aiokafka.conn").setLevel(logging.ERROR)
    with (
        step("preparing Kafka to start in half the time (once)"),
        tempfile.TemporaryDirectory(prefix=".kafka-", dir=archive.parent) as work,
    ):
        half_made = Path(work) / archive.name
        broker = KafkaBroker(Path(work) / "kafka", _free_ports(), secrets.token_urlsafe(16), log=Path(work) / "log")
        broker.archive_classes(half_made)
        broker.start()
        # A Java that came without an archive of its own can't add to it: then starts stay as they are.
        with suppress(DidNotHappen):
            broker.wait_ready(_ANSWERS_WITHIN_S)
        broker.stop()
        if half_made.exists():
            half_made.rename(archive)


def _free_ports() -> tuple[int, int]:
    with ExitStack() as held:
        first, second = (held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(2))
        return first.getsockname()[1], second.getsockname()[1]
