"""Errors of the database that pass are one list: every loop goes on through each of them, every door says 503."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import count
from typing import cast
from uuid import uuid4

import asyncpg
import httpx
import pytest
from fastapi import APIRouter, Depends

from services.ticketing.catalogue.current import CatalogueUnread, CurrentCatalogue
from shared.clock import utc_now
from shared.events import topics
from shared.kafka.message import Message
from shared.kafka.producer import Producer
from shared.kafka.relay import Relay, Timer
from shared.observe.health import Health
from shared.passes.auth import allow_anyone
from shared.passes.revocations import Revocations, revoke
from shared.storage.db import PASSES, Connection, Pool, answers, create_pool
from shared.unit.bound import Bound, Reader
from shared.unit.tx import Tx, UseCase
from shared.unit.unit import Unit
from shared.unit.wake import Waker
from shared.web.app import create_app
from shared.web.live import Live
from tests.support.cluster import MIGRATIONS, Cluster
from tests.support.illness import CODES, Patient, open_patient
from tests.support.spine import Only, Spine, change_venue, running
from tests.support.waiting import until

NAMES = [kind.__name__ for kind in PASSES]


@pytest.fixture
async def patient(cluster: Cluster) -> AsyncIterator[Patient]:
    async with open_patient(cluster, MIGRATIONS["ticketing"]) as opened:
        yield opened


@asynccontextmanager
async def going_on(*works: asyncio.Task[None]) -> AsyncGenerator[None]:
    """Loops beside the test; none may have ended when it is over."""
    try:
        yield
        assert [work for work in works if work.done()] == []
    finally:
        for work in works:
            work.cancel()
        await asyncio.wait(works)


async def test_the_live_reader_goes_on_and_an_open_stream_ends_without_an_error(patient: Patient) -> None:
    waker = Waker(patient.url, solo=True)
    pools = await patient.pools()
    lives = [Live(pool, waker) for pool in pools.values()]

    async def ask(pool: Pool) -> dict[str, object]:
        return {"well": await pool.fetchval("SELECT well()"), "n": next(numbers)}

    numbers = count()
    async with going_on(*(asyncio.create_task(live.run()) for live in lives)):
        await patient.fall_ill("changes")
        for live, pool in zip(lives, pools.values(), strict=True):
            assert [item async for item in live.stream([("order", "a")], partial(ask, pool))] == []
        await until(patient.every_code_was_met)
        await patient.get_well()
        streams = [
            live.stream([("order", "a")], partial(ask, pool)) for live, pool in zip(lives, pools.values(), strict=True)
        ]
        for stream in streams:
            await anext(stream)
        await patient.pool.execute("INSERT INTO changes_kept (topic, key) VALUES ('order', 'a')")
        waker.wake()
        for stream in streams:
            assert await anext(stream)


async def test_the_reader_of_revocations_goes_on(patient: Patient) -> None:
    waker = Waker(patient.url, solo=True)
    readers = [Revocations(pool, waker) for pool in (await patient.pools()).values()]
    subject_id = uuid4()

    async def all_know() -> bool:
        waker.wake()
        return all(reader.end(subject_id, utc_now()) for reader in readers)

    async with going_on(*(asyncio.create_task(reader.run()) for reader in readers)):
        await patient.fall_ill("revocations")
        waker.wake()
        await until(patient.every_code_was_met)
        async with patient.pool.acquire() as connection:
            await connection.execute("TRUNCATE illness")
            await revoke(connection, subject_id)
        await until(all_know)


async def test_the_reader_of_the_catalogue_goes_on(patient: Patient) -> None:
    await patient.fall_ill("venues")
    catalogues = [CurrentCatalogue(pool) for pool in (await patient.pools()).values()]

    async def all_know() -> bool:
        return all(is_read(catalogue) for catalogue in catalogues)

    async with going_on(*(asyncio.create_task(catalogue.run()) for catalogue in catalogues)):
        await until(patient.every_code_was_met)
        assert not any(is_read(catalogue) for catalogue in catalogues)
        await patient.get_well()
        await until(all_know)


def is_read(catalogue: CurrentCatalogue) -> bool:
    try:
        catalogue()
    except CatalogueUnread:
        return False
    return True


async def test_relays_and_their_timers_go_on(patient: Patient, spine: Spine) -> None:
    pools = await patient.pools()
    waker, health = Waker(patient.url, solo=True), Health(patient.pool)
    ticks: Counter[str] = Counter()

    async def tick(code: str) -> None:
        if await pools[code].fetchval("SELECT well()"):
            ticks[code] += 1

    timers = [Timer(0.05, partial(tick, code)) for code in CODES]
    settings = replace(spine.speaker.settings, database_url=patient.url)
    relays = [
        Relay(replace(settings, service=f"relay {code}"), Producer(settings.kafka_bootstrap), waker, health, timers)
        for code in CODES
    ]

    async def all_tick() -> bool:
        return set(ticks) == set(CODES)

    async def all_sent() -> bool:
        return not await patient.pool.fetchval("SELECT count(*) FROM unsent")

    # A relay asks for rows when it has the lock, so that each in turn finds the database ill.
    await patient.fall_ill("outbox")
    async with running(*relays):
        await until(patient.every_code_was_met)
        assert not ticks
        unit = Unit(patient.pool, "ticketing", topics.TICKETING_EVENTS.name, spine.speaker.unit.clock, waker)
        await patient.pool.execute("CREATE TABLE venue (venue_id text PRIMARY KEY, version int NOT NULL)")
        await unit.run(change_venue, "lung-cu")
        await patient.get_well()
        await until(all_sent)
        await until(all_tick)


async def test_the_consumer_asks_its_handler_again_and_puts_nothing_aside(spine: Spine) -> None:
    kinds = {kind.__name__: kind for kind in PASSES}
    handle = spine.hearer.handler()
    met: set[str] = set()

    async def fail_once(message: Message) -> None:
        if (name := message.key.decode()) not in met:
            met.add(name)
            raise kinds[name]("told to")
        await handle([message])

    async def all_heard() -> bool:
        return len(await spine.heard()) == len(NAMES)

    async with running(spine.speaker.relay(), spine.hearer.consumer(Only(fail_once))):
        for name in NAMES:
            await spine.speaker.unit.run(change_venue, name)
        await until(all_heard)
    assert met == set(NAMES)
    assert await spine.hearer.letters() == []


async def test_every_door_says_try_again_later(patient: Patient) -> None:
    pools = await patient.pools()
    router = APIRouter(dependencies=[Depends(allow_anyone)])

    @router.get("/ask/{code}")
    async def ask(code: str) -> bool:
        return bool(await pools[code].fetchval("SELECT well()"))

    @router.get("/raise/{number}")
    async def fail(number: int) -> None:
        raise PASSES[number]("told to")

    async with browser(router) as door:
        await patient.fall_ill()
        for path in [f"/ask/{code}" for code in CODES] + [f"/raise/{number}" for number in range(len(PASSES))]:
            answer = await door.get(path)
            found = (path, answer.status_code, answer.headers.get("retry-after"), answer.json()["code"])
            assert found == (path, 503, "2", "service_unavailable")
        await patient.get_well()
        assert [(await door.get(f"/ask/{code}")).status_code for code in CODES] == [200] * len(CODES)


@asynccontextmanager
async def browser(router: APIRouter) -> AsyncGenerator[httpx.AsyncClient]:
    async def ready() -> tuple[bool, dict[str, object]]:
        return True, {}

    transport = httpx.ASGITransport(create_app("ticketing", [router], ready, doors=None))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


class Refusing:
    """Stands for a pool whose every statement fails; PostgreSQL cannot be told to fail at a trivial question."""

    def __init__(self, kind: type[BaseException]) -> None:
        self._kind = kind

    async def fetchval(self, _statement: str) -> bool:
        raise self._kind("told to")


@pytest.mark.parametrize("kind", PASSES)
async def test_the_health_check_says_that_the_database_does_not_answer(kind: type[BaseException]) -> None:
    assert not await answers(cast("Pool", Refusing(kind)))


async def write(tx: Tx, _command: None, _now: datetime) -> bool:
    await tx.connection.execute("INSERT INTO audit (at, action, subject) VALUES (now(), 'a', 'b')")
    return True


async def end_the_session(tx: Tx, _command: None, _now: datetime) -> bool:
    return bool(await tx.connection.fetchval("SELECT pg_terminate_backend(pg_backend_pid())"))


async def take_too_long(tx: Tx, command: None, now: datetime) -> bool:
    await tx.connection.execute("SET LOCAL statement_timeout = '10ms'")
    await tx.connection.fetchval("SELECT pg_sleep(60)")
    return await write(tx, command, now)


async def hold_the_transaction(tx: Tx, command: None, now: datetime) -> bool:
    await tx.connection.execute("SET LOCAL idle_in_transaction_session_timeout = '10ms'")
    await until(partial(is_closed, tx.connection))
    return await write(tx, command, now)


async def is_closed(connection: Connection) -> bool:
    return connection.is_closed()


@asynccontextmanager
async def nothing(_patient: Patient) -> AsyncGenerator[None]:
    yield


@asynccontextmanager
async def read_only(patient: Patient) -> AsyncGenerator[None]:
    name = patient.url.rpartition("/")[2]
    await patient.pool.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    yield
    await patient.pool.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')


@asynccontextmanager
async def locked(patient: Patient) -> AsyncGenerator[None]:
    async with patient.pool.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE audit IN ACCESS EXCLUSIVE MODE")
        yield


@pytest.mark.parametrize(
    ("trouble", "usecase", "kinds"),
    [
        (read_only, write, (asyncpg.ReadOnlySQLTransactionError,)),
        (locked, write, (asyncpg.LockNotAvailableError,)),
        (nothing, take_too_long, (asyncpg.QueryCanceledError,)),
        # Whether the word of the server or the end of its line is found first is chance.
        (nothing, end_the_session, (asyncpg.PostgresError, asyncpg.InterfaceError)),
        (nothing, hold_the_transaction, (asyncpg.PostgresError, asyncpg.InterfaceError)),
    ],
)
async def test_what_really_happens_to_a_database_is_told_at_the_door_and_passes(
    patient: Patient,
    trouble: Callable[[Patient], AbstractAsyncContextManager[None]],
    usecase: UseCase[None, bool],
    kinds: tuple[type[BaseException], ...],
) -> None:
    router = APIRouter(dependencies=[Depends(allow_anyone)])
    met: list[Exception] = []

    @router.get("/{name}")
    async def do(name: str) -> bool:
        # A pool of its own, since a session keeps what its database was when it began.
        async with await create_pool(patient.url, "real", 1) as pool:
            unit = Unit(pool, "ticketing", topics.TICKETING_EVENTS.name, utc_now, Waker(patient.url, solo=True))
            try:
                return await unit.run(usecase if name == "trouble" else write, None)
            except Exception as error:
                met.append(error)
                raise

    async with browser(router) as door:
        async with trouble(patient):
            assert (await door.get("/trouble")).status_code == 503
        assert (await door.get("/well")).status_code == 200
    assert [isinstance(error, kinds) for error in met] == [True]


async def test_a_door_does_not_wait_for_ever_for_a_connection_that_others_keep(patient: Patient) -> None:
    router = APIRouter(dependencies=[Depends(allow_anyone)])
    async with await create_pool(patient.url, "real", 1) as pool:
        unit = Unit(pool, "ticketing", topics.TICKETING_EVENTS.name, utc_now, Waker(patient.url, solo=True))
        doors: list[Callable[[None], Awaitable[bool]]] = [Bound(unit, write), Reader(pool, is_well)]

        @router.get("/{number}")
        async def do(number: int) -> bool:
            return await doors[number](None)

        async with browser(router) as door:
            async with pool.acquire():
                answers = await asyncio.gather(door.get("/0"), door.get("/1"))
            assert [answer.status_code for answer in answers] == [503, 503]
            assert [(await door.get(f"/{number}")).status_code for number in (0, 1)] == [200, 200]


async def is_well(connection: Connection, _asked: None) -> bool:
    return bool(await connection.fetchval("SELECT well()"))


async def test_a_use_case_whose_plan_a_migration_made_old_is_done_by_a_second_try(patient: Patient) -> None:
    async with await create_pool(patient.url, "real", 1) as pool:
        unit = Unit(pool, "ticketing", topics.TICKETING_EVENTS.name, utc_now, Waker(patient.url, solo=True))
        tries: list[int] = []

        async def read(tx: Tx, _command: None, _now: datetime) -> int:
            tries.append(1)
            return len(await tx.connection.fetch("SELECT * FROM audit"))

        await unit.run(read, None)
        await patient.pool.execute("ALTER TABLE audit ADD COLUMN later text")
        await unit.run(read, None)
        assert len(tries) == 3
