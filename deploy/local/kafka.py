"""One Apache Kafka broker of our own (KRaft, broker and controller in one process), from its published jars."""

import asyncio
import shutil
import socket
import subprocess
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from deploy.console import Problem
from deploy.local.process import DidNotHappen, Program, wait_until

SETTINGS = """\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}
log.dirs={logs}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
# After kill -9 the broker waits until its earlier self is given up: 9 s by default, and nobody else waits here.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
"""
# Kafka brings no settings for its log, and without any it is lost.
LOG_SETTINGS = """\
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{yyyy-MM-dd'T'HH:mm:ss.SSS'Z'}{UTC} %-5p %c{1} %m%n
rootLogger.level=info
rootLogger.appenderRef.out.ref=out
"""
# The second compiler took 4 s of CPU in the first half minute of 50 orders/s (11.0 s with it, 6.7 s without), on two
# cores from whoever is being served meanwhile.
_SMALL_JVM = ("-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


class KafkaBroker:
    """One broker on 127.0.0.1 with settings and data in `folder`."""

    name = "Kafka"

    def __init__(
        self, folder: Path, ports: tuple[int, int], jars: Path, *, log: Path, survives_us: bool = False
    ) -> None:
        self.folder = folder.resolve()
        self.port, self._controller_port = ports
        self.bootstrap = f"127.0.0.1:{self.port}"
        self._jars = jars
        self._program = Program(
            name=self.name,
            command=self._java(*_SMALL_JVM, "kafka.Kafka", "server.properties"),
            log=log,
            pid_file=self.folder.with_name(f"{self.folder.name}.pid"),
            folder=self.folder,
            stop_within_s=30,
            survives_us=survives_us,
        )

    def start(self) -> None:
        """Start the broker, on new data if there is none; `wait_ready` says when it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        logs = self.folder / "logs"
        (self.folder / "server.properties").write_text(
            SETTINGS.format(port=self.port, controller_port=self._controller_port, logs=logs), encoding="utf-8"
        )
        (self.folder / "log4j2.properties").write_text(LOG_SETTINGS, encoding="utf-8")
        if not (logs / "meta.properties").exists():
            self._format()
        self._program.start()

    def wait_ready(self, within_s: float = 60) -> None:
        """Return once the broker serves clients."""
        wait_until(lambda: not self.is_alive() or self.answers(), within_s, "Kafka answers")
        if not self.is_alive():
            raise DidNotHappen(f"Kafka did not start: {self._program.last_words()}")

    def is_alive(self) -> bool:
        """True while the broker's process lives, whoever started it."""
        return self._program.pid() is not None

    def answers(self) -> bool:
        """True when the broker is a member of its cluster and serves clients."""
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return asyncio.run(_has_brokers(self.bootstrap))

    def stop(self) -> None:
        """Stop in good order."""
        self._program.stop()

    def last_words(self) -> str:
        """Last line of its log."""
        return self._program.last_words()

    def kill(self) -> None:
        """End the broker as a power cut would."""
        self._program.kill()

    def _java(self, *arguments: str) -> list[str]:
        java = shutil.which("java")
        if java is None:
            raise Problem("Java is missing: install it (Debian, Ubuntu: apt-get install default-jre-headless)")
        return [java, "-Dlog4j2.configurationFile=log4j2.properties", "-cp", f"{self._jars}/*", *arguments]

    def _format(self) -> None:
        cluster_id = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        done = subprocess.run(
            self._java(
                *("-XX:TieredStopAtLevel=1", "kafka.tools.StorageTool", "format", "--standalone"),
                f"--cluster-id={cluster_id}",  # in one word: one id in 64 begins with a hyphen
                # A half-made folder of an interrupted first start is finished rather than refused.
                *("-c", "server.properties", "--ignore-formatted"),
            ),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise Problem(f"Kafka could not make its data folder: {(done.stdout + done.stderr).strip()[-300:]}")


async def _has_brokers(bootstrap: str) -> bool:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=3000)
    try:
        async with asyncio.timeout(5):
            await admin.start()
            return bool((await admin.describe_cluster())["brokers"])
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        await admin.close()
