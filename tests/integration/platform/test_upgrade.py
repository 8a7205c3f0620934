"""What an earlier release left behind goes on under this one: databases, the log, requests that are asked again."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from http.cookies import SimpleCookie
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fastapi import FastAPI

from deploy.local.paths import ROOT
from deploy.old_dead_letters import take_in
from services.analytics.stream.verify import verify
from services.payments import consumer as payments_door
from services.payments.books.store.verification import verify_books
from services.payments.feeds.sepay import read_transfer
from services.ticketing import consumer as ticketing_door
from services.ticketing.codes.short_code import parse as parse_short_code
from services.ticketing.codes.ticket_code import verify as verify_ticket
from shared.clock import utc_now
from shared.events import BY_TYPE
from shared.events.topics import ALL, BANK_TRANSFERS, Topic
from shared.ids import uuid7
from shared.kafka.connection import connection
from shared.kafka.consumer import Consumer
from shared.kafka.group_progress import GroupProgress
from shared.kafka.message import Message
from shared.kafka.topics import create as create_topics
from shared.keys.files import PASS_KEYS, load_keys
from shared.passes.auth import Pass, PassKeys, Role, sign_pass
from shared.process.service import Service
from shared.settings import SERVICES
from shared.storage import migrate
from shared.storage.db import create_pool
from tests.support.analytics_stage import Stage
from tests.support.cluster import Cluster
from tests.support.earlier_release import FOLDERS, EarlierRelease, browser_of, contents, left_by
from tests.support.odd_messages import stranger
from tests.support.release_files import Holder, LogRecord, StoredAnswer, read_answers, read_signed
from tests.support.spine import running
from tests.support.waiting import until

RELEASED = {path.stem for path in (ROOT / "contracts" / "released").glob("*.json")}
TOPICS = {topic.name: topic for topic in ALL}
DOORS = {"ticketing": ticketing_door.TOPICS, "payments": payments_door.TOPICS}
# What the evening put into the log by itself; everything else the release said.
GONE = "/gone"


@pytest.fixture(scope="module", params=FOLDERS, ids=lambda folder: folder.name)
def before(
    request: pytest.FixtureRequest, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EarlierRelease]:
    with left_by(request.param, cluster, tmp_path_factory.mktemp("secrets") / "secrets") as release:
        yield release


@pytest.mark.parametrize("service", SERVICES)
async def test_a_database_of_the_release_before_is_migrated_and_its_books_still_hold(
    before: EarlierRelease, service: str
) -> None:
    async with before.upgraded(service) as upgraded:
        rows = await upgraded.unit.pool.fetch("SELECT name FROM migrations ORDER BY at, name")
        assert {row["name"] for row in rows} == {item.name for item in migrate.read(upgraded.migrations)}
        if service == "ticketing":
            free = await upgraded.unit.pool.fetch("SELECT product_id, free FROM days WHERE free > 0")
            assert [tuple(row) for row in free] == [("bao-tang-tinh-ha-giang-entry", 2)]
        if service == "payments":
            assert [found for found in await verify_books(upgraded.unit.pool) if not found.ok] == []
        if service == "analytics":
            assert [found for found in await verify(upgraded.settings, upgraded.unit.pool) if not found.ok] == []


def test_every_event_and_bank_message_that_was_read_before_is_still_read(before: EarlierRelease) -> None:
    aside = {_origin_of(record) for record in before.log if record.topic.endswith(".dead-letters")}
    readable = [record for record in before.log if (record.topic, record.partition, record.offset) not in aside]
    events = [record for record in readable if record.header("ce_type") in RELEASED and "dead" not in record.topic]
    for record in events:
        event = msgspec.json.decode(record.body, type=BY_TYPE[record.header("ce_type")])
        assert record.key == event.key or record.header("ce_source") == GONE
    transfers = [record for record in readable if record.topic == BANK_TRANSFERS.name]
    assert len([read_transfer(record.body) for record in transfers]) > 20
    assert len(events) > 100


async def test_analytics_counts_the_log_of_before_to_the_numbers_of_before(before: EarlierRelease) -> None:
    empty = f"empty_{uuid4().hex[:8]}"
    before.cluster.create_database(empty)
    settings = before.settings("analytics", empty)
    async with AsyncExitStack() as stack:
        stack.callback(before.cluster.drop_database, empty)
        upgraded = await stack.enter_async_context(before.upgraded("analytics"))
        await migrate.migrate(settings.database_url, upgraded.migrations)
        pool = await create_pool(settings.database_url, "test", 4)
        stack.push_async_callback(pool.close)
        old = Stage(before.cluster, upgraded.settings, upgraded.unit.pool)
        new = Stage(before.cluster, settings, pool)
        told = await old.tables()
        await asyncio.gather(old.count(), new.count())

        assert (await old.taken())[0] > 10
        assert _facts(await old.tables()) == _facts(told), "it had read everything, so there was nothing to count"
        assert _facts(await new.tables()) == _facts(told)
        await old.rebuild()
        assert _facts(await old.tables()) == _facts(told)
        for stage in (old, new):
            assert [found for found in await stage.verify() if not found.ok] == []


@pytest.mark.parametrize("service", DOORS)
async def test_reading_the_whole_log_of_before_again_changes_nothing(before: EarlierRelease, service: str) -> None:
    async with before.upgraded(service) as upgraded:
        was = await contents(upgraded.unit.pool)
        progress = GroupProgress(upgraded.settings, [TOPICS[name] for name in DOORS[service]], utc_now)
        consumers = [part for part in upgraded.consumers() if isinstance(part, Consumer)]
        async with running(*consumers):
            await until(lambda: _is_handled(progress))
        await progress.close()

        assert await contents(upgraded.unit.pool) == was
        if service == "payments":
            assert [found for found in await verify_books(upgraded.unit.pool) if not found.ok] == []


async def test_what_was_put_aside_before_is_in_the_tables_once_and_its_topics_are_gone(before: EarlierRelease) -> None:
    bootstrap = before.cluster.kafka_bootstrap
    environment = {"TOPIC_PREFIX": before.prefix, "KAFKA_BOOTSTRAP_SERVERS": bootstrap}
    async with AsyncExitStack() as stack:
        services = {name: await stack.enter_async_context(before.upgraded(name)) for name in SERVICES}
        for name, service in services.items():
            environment[f"{name.upper()}_DATABASE_URL"] = service.settings.database_url
        foreign = f"{before.prefix}payments.dead-letters"
        async with stranger(bootstrap) as producer:
            for number in ("x", "9" * 30, ""):
                await producer.send_and_wait(foreign, b"odd", headers=[("dlq-partition", number.encode())])

        said = await take_in(environment)
        assert len(said) == len(DOORS)
        assert await take_in(environment) == []
        for name in DOORS:
            letters = list(reversed(await services[name].dead_letters.newest()))
            aside = [record for record in before.log if record.topic == f"{name}.dead-letters"]
            assert sorted(
                (letter.ce_id, letter.reason, letter.payload) for letter in letters if letter.reason != "unknown"
            ) == (sorted((record.header("ce_id"), record.header("dlq-reason"), record.body) for record in aside))
            assert len([letter for letter in letters if letter.reason == "unknown"]) == (3 if name == "payments" else 0)


@pytest.mark.parametrize("service", DOORS)
async def test_what_the_release_before_left_untold_is_told_word_for_word(before: EarlierRelease, service: str) -> None:
    prefix = f"untold{uuid4().hex[:8]}."
    await create_topics(before.cluster.kafka_bootstrap, prefix)
    async with before.upgraded(service, prefix) as upgraded:
        assert upgraded.relay is not None
        await upgraded.unit.pool.execute("UPDATE outbox SET sent_at = NULL")
        # Without the timers: an order that was open then would expire by now and be told, too.
        async with running(replace(upgraded.relay, timers=())):
            await until(lambda: _is_all_sent(upgraded))
        letters = await upgraded.dead_letters.newest()
    own = TOPICS[f"{service}.events"]
    events = [record for record in before.log if record.topic == own.name]
    said = [record for record in events if record.header("ce_source") != GONE]
    assert await _read(before, [own], prefix) == _by_key(said)
    # What it would have said of those it put aside stands in the table.
    aside = [record for record in before.log if record.topic == f"{service}.dead-letters"]
    assert sorted((letter.ce_id, letter.payload) for letter in letters) == (
        sorted((record.header("ce_id"), record.body) for record in aside)
    )


async def test_an_order_left_unpaid_by_the_release_before_is_paid_and_ticketed_by_this_one(
    before: EarlierRelease,
) -> None:
    async with before.upgraded("payments") as payments, before.upgraded("ticketing") as ticketing:
        bill = await payments.unit.pool.fetchrow(
            "SELECT order_id, account_number, reference, amount_vnd - paid_vnd AS due_vnd FROM intents"
            " WHERE status = 'partial' AND channel = 'web'"
        )
        assert bill is not None
        like = next(record for record in before.log if record.topic == BANK_TRANSFERS.name)
        told = msgspec.json.decode(like.body, type=dict[str, object]) | {
            "id": 1,
            "referenceCode": "FT-AFTER",
            "content": f"MBVCB.1.{bill['reference']}.CT tu 0000",
            "accountNumber": bill["account_number"],
            "transferAmount": bill["due_vnd"],
        }
        headers = dict(like.headers) | {"ce_id": str(uuid7())}
        await _handle(payments, _message(like.topic, msgspec.json.encode(told), headers))
        row = await payments.unit.pool.fetchrow("SELECT * FROM outbox ORDER BY seq DESC LIMIT 1")
        assert row is not None
        assert row["type"] == "payments.payment_settled.v1"
        assert [found for found in await verify_books(payments.unit.pool) if not found.ok] == []

        async with browser_of(ticketing) as browser:
            await until(lambda: _is_open(browser))
            headers = msgspec.json.decode(row["headers"], type=dict[str, str])
            await _handle(ticketing, _message(row["topic"], row["payload"], headers))
            token = await ticketing.unit.pool.fetchval("SELECT token FROM orders WHERE order_id = $1", bill["order_id"])
            state = (await browser.get(f"/api/orders/{token}")).json()
        assert (state["status"], len(state["tickets"])) == ("ticketed", 2)


@pytest.mark.parametrize("service", DOORS)
async def test_a_request_that_was_answered_before_gets_the_same_answer_and_does_nothing(
    before: EarlierRelease, service: str
) -> None:
    stored = [answer for answer in read_answers(before.folder) if answer.service == service]
    async with before.upgraded(service) as upgraded, browser_of(upgraded) as browser:
        await until(lambda: _is_ready(upgraded, browser))
        was = await contents(upgraded.unit.pool)
        wrong = [told for answer in stored for told in await _differences(before, browser, answer)]
        now = await contents(upgraded.unit.pool)

    assert wrong == []
    assert len(stored) > 15
    # A try at a pairing code is counted whatever comes of it.
    assert {name: rows for name, rows in now.items() if name != "attempts"} == {
        name: rows for name, rows in was.items() if name != "attempts"
    }


async def test_whoever_could_sign_in_before_still_can(before: EarlierRelease) -> None:
    async with before.upgraded("ticketing") as upgraded, browser_of(upgraded) as browser:
        await until(lambda: _is_ready(upgraded, browser))
        sign_ins = read_signed(before.folder).sign_ins
        wrong = [told for sign_in in sign_ins for told in await _differences(before, browser, sign_in)]
    assert wrong == []
    assert len(sign_ins) > 3


async def test_the_tickets_and_passes_that_people_hold_are_still_good(before: EarlierRelease) -> None:
    signed = read_signed(before.folder)
    keys = {int(number): _public_key(key) for number, key in signed.ticket_keys.items()}
    async with before.upgraded("ticketing") as upgraded:
        tickets = await upgraded.unit.pool.fetch("SELECT ticket_id, code, short_code FROM tickets")
    assert len(tickets) > 10
    for ticket in tickets:
        assert verify_ticket(ticket["code"], keys).ticket_id == ticket["ticket_id"]
        assert parse_short_code(ticket["short_code"]) == ticket["short_code"]
    pass_keys = PassKeys({1: _public_key(signed.pass_key)})
    for held in signed.passes:
        assert _holder(held.holder.cookie, pass_keys.verify(held.token, held.at)) == held.holder
    assert {held.holder.role for held in signed.passes} >= {"device", "owner", "manager", "operator"}


async def _differences(before: EarlierRelease, browser: httpx.AsyncClient, stored: StoredAnswer) -> list[str]:
    """Sends a request of then with a pass of today; what its answer lacks of the answer of then."""
    request, wanted = stored.request, stored.answer
    headers = dict(request.headers)
    if stored.holder is not None:
        headers["cookie"] = f"{stored.holder.cookie}={_token(before, stored.holder)}"
    answer = await browser.request(request.method, request.path, headers=headers, content=request.body.encode())
    found: dict[str, tuple[object, object]] = {
        "status": (answer.status_code, wanted.status),
        "location": (answer.headers.get("location"), wanted.location),
        "issued": (_issued(before, answer), wanted.issued),
    }
    if wanted.fields is not None:
        fields = answer.json()
        found |= {name: (fields.get(name), value) for name, value in wanted.fields.items()}
    found |= {text: (text in answer.text, True) for text in wanted.shows}
    return [
        f"{request.method} {request.path}: {name} is {is_} and was {was}"
        for name, (is_, was) in found.items()
        if is_ != was
    ]


def _token(before: EarlierRelease, holder: Holder) -> str:
    """A pass for the same person or phone, issued now."""
    now = utc_now()
    device_id = None if holder.device_id is None else UUID(holder.device_id)
    issued = Pass(
        UUID(holder.subject_id),
        Role(holder.role),
        tuple(holder.venues),
        holder.scope,
        device_id,
        now - timedelta(minutes=1),
        now + timedelta(hours=1),
    )
    return sign_pass(issued, load_keys(before.secrets, PASS_KEYS).signer)


def _issued(before: EarlierRelease, answer: httpx.Response) -> Holder | None:
    """Whose pass is in the answer's cookie, if there is one, and it must be a good one."""
    for cookie, morsel in SimpleCookie("; ".join(answer.headers.get_list("set-cookie"))).items():
        return _holder(cookie, PassKeys.in_folder(before.secrets).verify(morsel.value, utc_now()))
    return None


def _holder(cookie: str, issued: Pass) -> Holder:
    return Holder(
        cookie=cookie,
        subject_id=str(issued.subject_id),
        role=issued.role.value,
        venues=list(issued.venues),
        scope=issued.scope,
        device_id=None if issued.device_id is None else str(issued.device_id),
    )


def _public_key(told: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(told))


def _origin_of(letter: LogRecord) -> tuple[str, int, int]:
    return letter.header("dlq-topic"), int(letter.header("dlq-partition")), int(letter.header("dlq-offset"))


def _message(topic: str, value: bytes, headers: dict[str, str]) -> Message:
    raw = [(name, text.encode()) for name, text in headers.items()]
    return Message(topic, 0, 10**6, 0, b"", value, raw)


def _facts(tables: dict[str, list[tuple[object, ...]]]) -> dict[str, list[tuple[object, ...]]]:
    """All but the name of the Kafka cluster, which is another one here. Of letters, what every release kept of them."""
    letters = [(*row[:4], row[5], row[6], row[-4]) for row in tables["put_aside"]]
    return tables | {"kafka_cluster": [], "put_aside": letters}


Said = dict[tuple[str, int, str | None], list[tuple[dict[str, str], bytes]]]


def _by_key(records: list[LogRecord]) -> Said:
    """What was said of each thing, in its order: only that order is promised."""
    said: Said = defaultdict(list)
    for record in records:
        said[record.topic, record.partition, record.key].append((dict(record.headers), record.body))
    return said


async def _read(before: EarlierRelease, topics: list[Topic], prefix: str) -> Said:
    kafka = AIOKafkaConsumer(**connection(before.cluster.kafka_bootstrap), enable_auto_commit=False)
    await kafka.start()
    said: Said = defaultdict(list)
    try:
        kafka.assign(
            [TopicPartition(prefix + topic.name, number) for topic in topics for number in range(topic.partitions)]
        )
        for partition, end in (await kafka.end_offsets(kafka.assignment())).items():
            kafka.seek(partition, 0)
            while await kafka.position(partition) < end:
                for record in (await kafka.getmany(partition, timeout_ms=1000)).get(partition, []):
                    place = partition.topic.removeprefix(prefix), partition.partition, (record.key or b"").decode()
                    said[place].append(
                        ({name: (value or b"").decode() for name, value in record.headers}, record.value or b"")
                    )
    finally:
        await kafka.stop()
    return said


async def _handle(service: Service, message: Message) -> None:
    [door] = [part for part in service.consumers() if isinstance(part, Consumer) and part.topic == message.topic]
    await door.handler([message])


async def _is_handled(progress: GroupProgress) -> bool:
    return await progress.handled_until() is not None


async def _is_all_sent(service: Service) -> bool:
    return not await service.unit.pool.fetchval("SELECT count(*) FROM unsent")


async def _is_open(browser: httpx.AsyncClient) -> bool:
    """Whether the catalogue is read."""
    return (await browser.get("/venues/cot-co-lung-cu")).status_code == 200


async def _is_ready(service: Service, browser: httpx.AsyncClient) -> bool:
    """Whether it knows who is revoked, and what is on offer."""
    assert service.api is not None
    api = service.api()
    assert isinstance(api, FastAPI)
    await api.state.doors.revocations.refresh()
    return service.name != "ticketing" or await _is_open(browser)
