"""Makes the fixture of the present release, for those after it to be tried on: `./run up`, `./run demo`, an evening.

`python -m tests.support.release_fixture tests/fixtures/release-<number>` writes its dumps, its log and its answers.
"""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from deploy.local.paths import ROOT
from deploy.local.process import DidNotHappen, Program, wait_until
from deploy.local.settings import Ports
from shared.events.topics import ALL as TOPICS
from shared.kafka.connection import connection
from shared.keys.files import PASS_KEYS, TICKET_KEYS, load_public_keys
from shared.settings import SERVICES
from tests.support.ports import free_ports
from tests.support.real_system import ALWAYS_OPEN, RealSystem
from tests.support.release_doors import Surprised, Town
from tests.support.release_evening import play_owners, play_people, play_sales, sign_in
from tests.support.release_files import LogRecord, Signed, dump, dump_file, write_answers, write_log, write_signed
from tests.support.release_gates import play_gates, play_poison

_READY = "Ready in"
_READS = {"ticketing": ("payments.events",), "payments": ("ticketing.events", "bank.transfers")}
_COUNTED = "SELECT coalesce(sum(next_offset), 0)::bigint FROM offsets"
_UNSENT = "SELECT count(*) FROM unsent"


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python -m tests.support.release_fixture FOLDER", file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="mot-cham-release-", ignore_cleanup_errors=True) as data,
        _running(Path(data)) as (system, origin),
    ):
        asyncio.run(_make(system, origin, folder))
    return 0


@contextmanager
def _running(data: Path) -> Generator[tuple[RealSystem, str]]:
    """All that `./run up` starts, with data and ports of its own, after `./run demo`; and its public address."""
    postgres, kafka, controller, public, simulator, *others = free_ports(8)
    system = RealSystem(data, Ports(postgres, kafka, controller), dict(zip(SERVICES, others, strict=True)), "INFO")
    ports = {"MOT_CHAM_PORT": public, "MOT_CHAM_POSTGRES_PORT": postgres, "MOT_CHAM_KAFKA_PORT": kafka}
    ports |= {"MOT_CHAM_KAFKA_CONTROLLER_PORT": controller, "SIMULATOR_PORT": simulator}
    ports |= {f"{name.upper()}_PORT": port for name, port in system.http_ports.items()}
    env = {"MOT_CHAM_DATA": str(data), "PYTHONUNBUFFERED": "1", **{name: str(port) for name, port in ports.items()}}
    local = [sys.executable, "-m", "deploy.local"]
    up = Program("./run up", [*local, "up"], data / "up.log", data / "up.pid", folder=ROOT, env=env, stop_within_s=90)
    up.start()
    try:
        wait_until(lambda: up.pid() is None or _READY in up.log.read_text(encoding="utf-8"), 240, "./run up is ready")
        if up.pid() is None:
            raise DidNotHappen(up.log.read_text(encoding="utf-8")[-2000:])
        system.cluster().postgres.query(ALWAYS_OPEN, "ticketing")
        subprocess.run([*local, "demo"], cwd=ROOT, env=os.environ | env, check=True)
        yield system, f"http://localhost:{public}"
    finally:
        up.stop()


async def _make(system: RealSystem, origin: str, folder: Path) -> None:
    async with _opened(system, origin) as town:
        # The services read their catalogue anew every half minute.
        await town.until("the museum is always open", lambda: _is_always_open(town))
        await _play(town)
        await town.until("everything is told and counted", lambda: _is_quiet(town))
        for service in ("payments", "analytics"):
            found = system.command(f"services.{service}", "verify")
            if found.returncode != 0:
                raise Surprised(found.stdout + found.stderr)
        write_log(folder, await _log(system))
        write_answers(folder, town.answers)
        write_signed(folder, _signed(town))
    for service in SERVICES:
        dump(system.database_url(service), dump_file(folder, service))
    print(f"{len(town.answers)} answers are kept in {folder}")


def _signed(town: Town) -> Signed:
    secrets = town.system.secrets
    return Signed(
        sign_ins=town.sign_ins,
        passes=town.passes,
        pass_key=load_public_keys(secrets, PASS_KEYS)[1].public_bytes_raw().hex(),
        ticket_keys={
            str(key_id): key.public_bytes_raw().hex() for key_id, key in load_public_keys(secrets, TICKET_KEYS).items()
        },
    )


async def _play(town: Town) -> None:
    tickets = await play_sales(town)
    operator = await sign_in(town, "operator", "demo-operator-desk")
    manager = await sign_in(town, "manager-lung-cu", "demo-manager-lung-cu")
    await play_people(town, manager)
    await play_owners(town, operator)
    await play_gates(manager, tickets)
    await play_poison(town)


@asynccontextmanager
async def _opened(system: RealSystem, origin: str) -> AsyncGenerator[Town]:
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=origin, timeout=30))
        kafka = AIOKafkaProducer(**connection(system.kafka_bootstrap), acks="all")
        await kafka.start()
        stack.push_async_callback(kafka.stop)
        pools = {
            service: await stack.enter_async_context(
                asyncpg.create_pool(system.database_url(service), min_size=1, max_size=2)
            )
            for service in SERVICES
        }
        yield Town(system, http, kafka, pools)


async def _is_always_open(town: Town) -> bool:
    """Whether the museum, which rests on Mondays and at noon, has the same hours on its page as the tower."""
    pages = [await town.http.get(f"/venues/{venue}") for venue in ("bao-tang-tinh-ha-giang", "cot-co-lung-cu")]
    museum, tower = [re.findall(r'class="badge(?: badge-closed)?">[^<]*', page.text) for page in pages]
    return museum == tower


async def _is_quiet(town: Town) -> bool:
    """Whether every service has read to the end of the log and nothing waits to be told."""
    ends = await _ends(town.system)
    is_read = [await _has_read(town.system, reader, ends) for reader in _READS]
    counted = await town.value("analytics", _COUNTED)
    unsent = [await town.value(reader, _UNSENT) for reader in _READS]
    events = sum(end for partition, end in ends.items() if partition.topic.endswith(".events"))
    # What one of them says after we looked moves an end.
    return all(is_read) and counted == events and not any(unsent) and ends == await _ends(town.system)


async def _has_read(system: RealSystem, service: str, ends: Mapping[TopicPartition, int]) -> bool:
    kafka = AIOKafkaConsumer(**connection(system.kafka_bootstrap), group_id=service, enable_auto_commit=False)
    await kafka.start()
    try:
        wanted = {partition: end for partition, end in ends.items() if partition.topic in _READS[service]}
        return all([(await kafka.committed(partition) or 0) == end for partition, end in wanted.items()])
    finally:
        await kafka.stop()


async def _ends(system: RealSystem) -> dict[TopicPartition, int]:
    kafka = await _reader(system)
    try:
        return dict(await kafka.end_offsets(kafka.assignment()))
    finally:
        await kafka.stop()


async def _log(system: RealSystem) -> list[LogRecord]:
    """Every message of every topic of ours, in the order of the offsets within each partition."""
    kafka = await _reader(system)
    found: list[ConsumerRecord] = []
    try:
        ends = await kafka.end_offsets(kafka.assignment())
        for partition in sorted(ends):
            kafka.seek(partition, 0)
            while await kafka.position(partition) < ends[partition]:
                found += (await kafka.getmany(partition, timeout_ms=1000)).get(partition, [])
    finally:
        await kafka.stop()
    return [_kept(record) for record in found]


async def _reader(system: RealSystem) -> AIOKafkaConsumer:
    kafka = AIOKafkaConsumer(**connection(system.kafka_bootstrap), enable_auto_commit=False)
    await kafka.start()
    kafka.assign([TopicPartition(topic.name, number) for topic in TOPICS for number in range(topic.partitions)])
    return kafka


def _kept(record: ConsumerRecord) -> LogRecord:
    body = record.value or b""
    try:
        value, raw = body.decode(), b""
    except UnicodeDecodeError:
        value, raw = "", body
    return LogRecord(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp_ms=record.timestamp,
        key=None if record.key is None else record.key.decode(),
        headers=[(name, (value or b"").decode()) for name, value in record.headers],
        value=value,
        raw=raw,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
