"""A running system as the bench drives it: by its public doors, by the bank's topic, and as PostgreSQL's superuser.

It may be one of an earlier release, started from another checkout; what differs between releases is asked of that
checkout's own code.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.local.paths import ROOT
from shared.events.topics import PAYMENTS_EVENTS, TICKETING_EVENTS
from shared.kafka.connection import connection
from shared.settings import SERVICES, read_secret
from shared.storage.db import DirectConnection, connect
from tests.support.gate import VENUE
from tests.support.real_system import RealSystem, python_of

_MAKE = """
import sys
from pathlib import Path
from tests.support.real_system import RealSystem, services_here
RealSystem.make(Path(sys.argv[1]), services_here(), **dict.fromkeys(sys.argv[2:], True))
"""
_ASK = """
import asyncio, json, sys
from pathlib import Path
from tests.support.buyers import Gates
from tests.support.real_system import RealSystem
system = RealSystem.read(Path(sys.argv[1]))
cookie = asyncio.run(Gates.pair(system, [sys.argv[2]])).cookies[sys.argv[2]]
print(json.dumps({"kafka": system.kafka_bootstrap, "environment": system.environment(), "cookie": cookie}))
"""
_PATIENCE_S = 300.0
_COUNTED = (TICKETING_EVENTS, PAYMENTS_EVENTS)
# By the partial indexes of each; an order that payments has not answered yet has no reference.
_UNSENT = "SELECT EXISTS (SELECT FROM unsent)"
_UNSENT_BEFORE = "SELECT EXISTS (SELECT FROM outbox WHERE sent_at IS NULL)"  # of releases without that table
_HAS_UNSENT = "SELECT to_regclass('unsent') IS NOT NULL"
_UNANSWERED = "SELECT EXISTS (SELECT FROM orders WHERE status = 'placed' AND reference IS NULL)"
_COUNTED_TO = "SELECT coalesce(sum(next_offset), 0)::bigint FROM offsets"


class NotExact(Exception):
    """A sum that must hold does not; the text says which."""


@dataclass(frozen=True, slots=True)
class Subject:
    """cookie: of a phone at VENUE's gate. databases: by service, as superuser. log: asked for its ends alone.

    unsent: the question whether something is to be sent.
    """

    system: RealSystem
    checkout: Path
    kafka: Mapping[str, Any]
    environment: Mapping[str, str]
    cookie: str
    databases: Mapping[str, DirectConnection]
    log: AIOKafkaConsumer
    unsent: str

    @property
    def ports(self) -> list[int]:
        """Where ticketing listens: whoever asks takes them in turn, so that nothing stands in front of them."""
        members = self.system.members()
        return [port for member, port in members.items() if member.service == "ticketing" and member.serves]

    @property
    def postgres_log(self) -> Path:
        return self.system.folder / "log" / "postgres.log"

    def database_url(self, service: str) -> str:
        return _superuser_url(self.system, service)

    async def settled(self) -> None:
        """Returns once everything that was begun is done: said, answered, and counted by analytics."""
        async with asyncio.timeout(_PATIENCE_S):
            while not (  # noqa: ASYNC110 - the database tells nobody
                await self._is_sent()
                and not await self._is("ticketing", _UNANSWERED)
                and await self._is_sent()
                and await self._is_counted()
            ):
                await asyncio.sleep(0.1)

    async def verified(self) -> None:
        """The services' own `verify`. Raises NotExact with the findings of the first that found something."""
        for service in ("payments", "analytics"):
            started = await asyncio.create_subprocess_exec(
                *(python_of(self.checkout), "-m", f"services.{service}", "verify"),
                cwd=self.checkout,
                env=os.environ | self.environment | {"LOG_LEVEL": "ERROR"},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            said, complained = await started.communicate()
            if started.returncode != 0:
                raise NotExact(f"{service} verify: {said.decode()} {complained.decode()}")

    async def _is_sent(self) -> bool:
        return not (await self._is("ticketing", self.unsent) or await self._is("payments", self.unsent))

    async def _is_counted(self) -> bool:
        ends = await self.log.end_offsets(self.log.assignment())
        counted_to = await self.databases["analytics"].fetchval(_COUNTED_TO)
        return bool(counted_to == sum(ends.values()))

    async def _is(self, service: str, question: str) -> bool:
        return bool(await self.databases[service].fetchval(question))


def make_system(folder: Path, checkout: Path = ROOT, *, apart: bool = False) -> RealSystem:
    """A system with ports and secrets of its own, as the checkout's release makes them."""
    folder.mkdir(exist_ok=True)
    _run(checkout, _MAKE, str(folder), *(["apart"] if apart else []))
    return RealSystem.read(folder)


@asynccontextmanager
async def subject_of(system: RealSystem, checkout: Path = ROOT) -> AsyncGenerator[Subject]:
    """The system, which is up, with a paired phone."""
    told = json.loads(await asyncio.to_thread(_run, checkout, _ASK, str(system.folder), VENUE))
    async with AsyncExitStack() as stack:
        databases: dict[str, DirectConnection] = {}
        for service in SERVICES:
            databases[service] = await connect(_superuser_url(system, service), "bench")
            stack.push_async_callback(databases[service].close)
        # A broker of before there were users lets anybody in.
        kafka = connection(told["kafka"]) if "@" in told["kafka"] else {"bootstrap_servers": told["kafka"]}
        log = AIOKafkaConsumer(**kafka, enable_auto_commit=False)
        await log.start()
        stack.push_async_callback(log.stop)
        log.assign([TopicPartition(topic.name, number) for topic in _COUNTED for number in range(topic.partitions)])
        log.pause(*log.assignment())
        unsent = _UNSENT if await databases["ticketing"].fetchval(_HAS_UNSENT) else _UNSENT_BEFORE
        yield Subject(system, checkout, kafka, told["environment"], told["cookie"], databases, log, unsent)


def _superuser_url(system: RealSystem, service: str) -> str:
    password = read_secret(system.secrets, "postgres-password")
    return f"postgresql://postgres:{password}@127.0.0.1:{system.ports.postgres}/{service}"


def _run(checkout: Path, program: str, *arguments: str) -> str:
    done = subprocess.run(
        [python_of(checkout), "-c", program, *arguments], cwd=checkout, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        print(done.stderr, file=sys.stderr)
        raise RuntimeError(f"the code of {checkout} does not start: {done.stderr.strip().splitlines()[-1:]}")
    return done.stdout
