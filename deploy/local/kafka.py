"""One Apache Kafka broker of our own (KRaft, broker and controller in one process), from its published jars."""

import asyncio
import shutil
import socket
import subprocess
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path
from urllib.parse import quote

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from deploy.console import Problem
from deploy.local.kafka_jars import class_archive, kafka_jars
from deploy.local.process import DidNotHappen, Program, wait_until
from shared.kafka.connection import as_user, connection
from shared.settings import KAFKA_ADMIN

SETTINGS = """\
process.roles=broker,controller
node.id=1
listeners=CLIENTS://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=CLIENTS://127.0.0.1:{port}
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
# Everybody says who they are and may do what their rights say; without one, nothing. The broker itself and whoever
# prepares it are the administrator, who stands in these lines and so needs nothing in the data folder: one from before
# there were passwords starts like a new one, and preparation then makes the other users.
_PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
_SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"
WHO_MAY_SPEAK = f"""\
listener.security.protocol.map=CLIENTS:{{protocol}},CONTROLLER:SASL_PLAINTEXT
inter.broker.listener.name=CLIENTS
sasl.mechanism.inter.broker.protocol=PLAIN
sasl.mechanism.controller.protocol=PLAIN
listener.name.clients.sasl.enabled.mechanisms=SCRAM-SHA-256,PLAIN
listener.name.clients.scram-sha-256.sasl.jaas.config={_SCRAM} required;
listener.name.clients.plain.sasl.jaas.config={_PLAIN} required {{admin}};
listener.name.controller.sasl.enabled.mechanisms=PLAIN
listener.name.controller.plain.sasl.jaas.config={_PLAIN} required {{admin}};
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=false
super.users=User:{KAFKA_ADMIN}
"""
# The broker needs the authority on its own too, for it is also its own client.
TLS = """\
listener.name.clients.ssl.keystore.type=PEM
listener.name.clients.ssl.keystore.location={certificate}
listener.name.clients.ssl.truststore.type=PEM
listener.name.clients.ssl.truststore.location={authority}
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
_BROKER = ("kafka.Kafka", "server.properties")


class KafkaBroker:
    """One broker on 127.0.0.1 with settings and data in `folder`."""

    name = "Kafka"

    def __init__(
        self, folder: Path, ports: tuple[int, int], password: str, *, log: Path, survives_us: bool = False
    ) -> None:
        """`password` is the administrator's."""
        self.folder = folder.resolve()
        self.port, self._controller_port = ports
        self.hosts = f"127.0.0.1:{self.port}"
        self._password = password
        self._jars = kafka_jars()
        self._program = Program(
            name=self.name,
            command=self._java(*_SMALL_JVM, *_BROKER),
            log=log,
            pid_file=self.folder.with_name(f"{self.folder.name}.pid"),
            folder=self.folder,
            stop_within_s=30,
            survives_us=survives_us,
        )

    def start(self) -> None:
        """Start the broker, on new data if there is none; `wait_ready` says when it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)  # every event lies below it
        logs = self.folder / "logs"
        settings = self.folder / "server.properties"
        settings.touch(0o600)
        settings.chmod(0o600)
        settings.write_text(self._settings(logs), encoding="utf-8")
        (self.folder / "log4j2.properties").write_text(LOG_SETTINGS, encoding="utf-8")
        if not (logs / "meta.properties").exists():
            self._format()
        self._program.start()

    def wait_ready(self, within_s: float = 60) -> None:
        """Return once the broker serves clients."""
        wait_until(lambda: not self.is_alive() or self.answers(), within_s, "Kafka answers")
        if not self.is_alive():
            raise DidNotHappen(f"Kafka did not start: {self._program.last_words()}")

    def archive_classes(self, archive: Path) -> None:
        """Before a start: what it loads from the jars is written there as it ends, which takes seconds."""
        self._program.command = self._java(*_SMALL_JVM, f"-XX:ArchiveClassesAtExit={archive}", *_BROKER)
        self._program.stop_within_s = 120

    def is_alive(self) -> bool:
        """True while the broker's process lives, whoever started it."""
        return self._program.pid() is not None

    def answers(self) -> bool:
        """True when the broker is a member of its cluster and serves clients."""
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return asyncio.run(_has_brokers(self.address(KAFKA_ADMIN, self._password)))

    def address(self, user: str, password: str) -> str:
        """Where a user of this password finds the broker."""
        way = f"?tls_ca={quote(str(self.authority))}" if self.certificate.exists() else ""
        return as_user(self.hosts + way, user, password)

    @property
    def certificate(self) -> Path:
        """Its key, its certificate and the authority's, in one file: once it is there, clients must speak encrypted."""
        return self.folder / "kafka.pem"

    @property
    def authority(self) -> Path:
        """Whose certificates the broker itself believes, and whoever speaks with it."""
        return self.folder / "ca.pem"

    def _settings(self, logs: Path) -> str:
        whole = SETTINGS.format(port=self.port, controller_port=self._controller_port, logs=logs)
        admin = f'username="{KAFKA_ADMIN}" password="{self._password}" user_{KAFKA_ADMIN}="{self._password}"'
        if not self.certificate.exists():
            return whole + WHO_MAY_SPEAK.format(protocol="SASL_PLAINTEXT", admin=admin)
        tls = TLS.format(certificate=self.certificate, authority=self.authority)
        return whole + WHO_MAY_SPEAK.format(protocol="SASL_SSL", admin=admin) + tls

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
        # Whatever the archive does not fit, Java leaves it alone and reads the jars. It wants them in one order.
        jars = ":".join(sorted(str(jar) for jar in self._jars.glob("*.jar")))
        shared = [f"-XX:SharedArchiveFile={archive}"] if (archive := class_archive()).exists() else []
        return [java, *shared, "-Dlog4j2.configurationFile=log4j2.properties", "-cp", jars, *arguments]

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


async def _has_brokers(address: str) -> bool:
    admin = AIOKafkaAdminClient(**connection(address), request_timeout_ms=3000)
    try:
        async with asyncio.timeout(5):
            await admin.start()
            return bool((await admin.describe_cluster())["brokers"])
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        await admin.close()
