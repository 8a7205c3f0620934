"""Analytics on the real database and broker, with events made by hand and sent as the relays send them."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
from aiokafka import AIOKafkaProducer

from services.analytics.stream.log_reader import TOPICS
from services.analytics.stream.rebuild import TABLES, rebuild
from services.analytics.stream.verify import verify
from services.analytics.stream.worker import Worker
from shared.clock import utc_now
from shared.events.common import Event, Line, Place
from shared.events.payments import CashRecorded, IntentCancelled, IntentOpened, PaymentRefunded, PaymentSettled
from shared.events.ticketing import AdmissionUndone, TicketAdmitted, VenueChanged
from shared.ids import (
    CashId,
    DeviceId,
    IntentId,
    MerchantId,
    OrderId,
    ProductId,
    ScanId,
    TicketId,
    TransferId,
    VenueId,
)
from shared.kafka.connection import connection
from shared.money import Dong
from shared.observe.health import Health
from shared.settings import Settings
from shared.storage.db import Pool, create_pool
from shared.unit.findings import Finding
from shared.unit.unit import Unit
from shared.unit.wake import Waker
from tests.support.cluster import MIGRATIONS, Cluster
from tests.support.forks import NOWHERE, fork
from tests.support.topics import own_topics
from tests.support.waiting import PATIENCE_S, until

NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
DAY = date(2026, 11, 24)
ROOT = Path(__file__).parents[2]


def place_of(venue_id: str) -> Place:
    return Place(venue_id=VenueId(venue_id), old_district_code="026", new_commune_code="00715")


def line_of(venue_id: str, amount_vnd: int) -> tuple[Line, ...]:
    return (
        Line(
            venue_id=VenueId(venue_id),
            product_id=ProductId("entry"),
            category="adult",
            count=1,
            unit_price_vnd=Dong(amount_vnd),
            price_kind="state_fee",
            tariff_version="1",
        ),
    )


@dataclass(frozen=True, slots=True)
class Sale:
    """A payment through its life, for tests: the same ids in every version."""

    venue_id: str = "tower"
    amount_vnd: int = 30_000
    at: datetime = NOON
    recorded_at: datetime | None = None
    day: date = DAY
    payment_id: UUID = field(default_factory=uuid4)

    @property
    def _times(self) -> dict[str, datetime]:
        return {"occurred_at": self.at, "recorded_at": self.recorded_at or self.at}

    def _intent(self, version: int, status: str, paid_vnd: int) -> dict[str, object]:
        return {
            **self._times,
            "version": version,
            "intent_id": IntentId(self.payment_id),
            "order_id": OrderId(self.payment_id),
            "merchant_id": MerchantId("m"),
            "place": place_of(self.venue_id),
            "status": status,
            "amount_state": "none" if paid_vnd == 0 else "exact",
            "timing": "on_time",
            "amount_vnd": Dong(self.amount_vnd),
            "paid_vnd": Dong(paid_vnd),
            "lines": line_of(self.venue_id, self.amount_vnd),
            "channel": "web",
            "tender": "bank_transfer",
            "business_date": self.day,
            "expires_at": self.at + timedelta(minutes=15),
            "reference": "HG4K7P2M9E",
            "qr_payload": "0002",
            "bank_bin": "970418",
            "bank_name": "BIDV",
            "account_number": "0",
            "account_name": "DEMO",
        }

    def opened(self, version: int = 1) -> IntentOpened:
        return msgspec.convert(self._intent(version, "open", 0), IntentOpened)

    def settled(self, version: int = 2, *, paid_vnd: int | None = None) -> PaymentSettled:
        paid = self.amount_vnd if paid_vnd is None else paid_vnd
        fields = self._intent(version, "settled", paid) | {"transfer_id": TransferId(uuid4())}
        return msgspec.convert(fields, PaymentSettled)

    def cancelled(self, version: int = 3) -> IntentCancelled:
        return msgspec.convert(self._intent(version, "cancelled", 0), IntentCancelled)

    def refunded(self, version: int = 3, *, refunded_vnd: int) -> PaymentRefunded:
        fields = self._intent(version, "settled", self.amount_vnd) | {"refunded_vnd": refunded_vnd}
        return msgspec.convert(fields, PaymentRefunded)

    def cash(self, version: int = 1, *, undone: bool = False) -> CashRecorded:
        return CashRecorded(
            **self._times,
            version=version,
            cash_id=CashId(self.payment_id),
            merchant_id=MerchantId("m"),
            place=place_of(self.venue_id),
            status="undone" if undone else "recorded",
            amount_vnd=Dong(self.amount_vnd),
            lines=line_of(self.venue_id, self.amount_vnd),
            channel="owner",
            tender="cash",
            business_date=self.day,
            offline=False,
        )


def venue(venue_id: str = "tower", version: int = 1, kind: str = "scenic_site", district: str = "026") -> VenueChanged:
    fields = {
        "version": version,
        "occurred_at": NOON,
        "recorded_at": NOON,
        "venue_id": venue_id,
        "name_vi": f"Điểm {venue_id}",
        "name_en": f"Venue {venue_id}",
        "kind": kind,
        "old_district_code": district,
        "new_commune_code": "00715",
        "on_sale": True,
    }
    return msgspec.convert(fields, VenueChanged)


def scan(scan_id: UUID, version: int, count: int, *, undone: bool = False) -> TicketAdmitted | AdmissionUndone:
    event = AdmissionUndone if undone else TicketAdmitted
    return event(
        version=version,
        occurred_at=NOON,
        recorded_at=NOON,
        ticket_id=TicketId(scan_id),
        order_id=OrderId(scan_id),
        place=place_of("tower"),
        product_id=ProductId("entry"),
        price_kind="state_fee",
        status="valid",
        valid_from=DAY,
        days=1,
        admits=60,
        admitted=count,
        business_date=DAY,
        scan_id=ScanId(scan_id),
        device_id=DeviceId(uuid4()),
        count=count,
        offline=False,
    )


@dataclass(slots=True)
class Stage:
    """One analytics of the test's own: database, topics and what they hold."""

    cluster: Cluster
    settings: Settings
    pool: Pool

    @property
    def unit(self) -> Unit:
        waker = Waker(self.settings.database_url, solo=True)
        return Unit(self.pool, "analytics", None, utc_now, waker)

    def worker(self, health: Health | None = None) -> Worker:
        return Worker(self.settings, self.unit, health or Health(self.pool))

    def topic(self, event: Event) -> str:
        service = event.TYPE.partition(".")[0]
        return f"{self.settings.topic_prefix}{service}.events"

    async def say(self, *events: Event) -> None:
        """Sends events in this order, keyed as the relays key them."""
        await self.send([(self.topic(e), e.key, e.TYPE, msgspec.json.encode(e)) for e in events])

    async def send(self, records: Iterable[tuple[str, str, str | None, bytes]]) -> None:
        """Sends raw records: topic, key, type and body."""
        producer = AIOKafkaProducer(**connection(self.settings.kafka_bootstrap), acks="all", linger_ms=5)
        await producer.start()
        try:
            waits = [
                await producer.send(
                    topic, value=body, key=key.encode(), headers=[("ce_type", kind.encode())] if kind else []
                )
                for topic, key, kind, body in records
            ]
            for wait in waits:
                await wait
        finally:
            await producer.stop()

    async def count(self, *workers: Worker) -> None:
        """Runs workers until everything in Kafka is counted, and ends them."""
        async with working(*(workers or (self.worker(),))):
            await until(self.is_caught_up)

    async def is_caught_up(self) -> bool:
        finding = (await verify(self.settings, self.pool))[-1]
        return finding.detail.get("events_behind") == 0

    async def verify(self) -> list[Finding]:
        return await verify(self.settings, self.pool)

    async def rebuild(self) -> list[str]:
        said: list[str] = []
        await rebuild(self.settings, said.append)
        return said

    async def tables(self) -> dict[str, list[tuple[object, ...]]]:
        """Every table that comes from the log, all columns but `revised_at`, in one order."""
        found: dict[str, list[tuple[object, ...]]] = {}
        for table in TABLES:
            rows = await self.pool.fetch(f"SELECT * FROM {table}")
            plain = [tuple(value for name, value in row.items() if name != "revised_at") for row in rows]
            found[table] = sorted(plain, key=repr)
        return found

    async def taken(self) -> tuple[int, int]:
        """Payments and amount, as the day rollup has them."""
        row = await self.pool.fetchrow(
            "SELECT coalesce(sum(payments), 0)::bigint AS n, coalesce(sum(amount_vnd), 0)::bigint AS vnd FROM day_taken"
        )
        assert row is not None
        return row["n"], row["vnd"]

    def start_process(
        self, command: str = "consume", more: Mapping[str, str] | None = None, output: Path = NOWHERE
    ) -> ForkServerProcess:
        """A role or command as a process of its own."""
        environment = {
            "ANALYTICS_DATABASE_URL": self.settings.database_url,
            "KAFKA_BOOTSTRAP_SERVERS": self.settings.kafka_bootstrap,
            "TOPIC_PREFIX": self.settings.topic_prefix,
            "SECRETS_DIR": str(self.settings.secrets_dir),
            "ANALYTICS_PORT": "0",
            "PATH": "/usr/bin:/bin",
            **(more or {}),
        }
        return fork("services.analytics", command, env=environment, output=output)


@asynccontextmanager
async def working(*workers: Worker) -> AsyncGenerator[None]:
    tasks = [asyncio.create_task(worker.run()) for worker in workers]
    try:
        yield
    finally:
        for worker in workers:
            worker.stop()
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*tasks)


async def open_stage(cluster: Cluster, secrets_dir: Path) -> AsyncGenerator[Stage]:
    prefix = f"analytics_{uuid4().hex[:8]}."
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(own_topics(cluster.kafka_bootstrap, prefix, TOPICS))
        url = await stack.enter_async_context(cluster.database("analytics", MIGRATIONS["analytics"]))
        settings = Settings.read(
            "analytics",
            {
                "ANALYTICS_DATABASE_URL": url,
                "KAFKA_BOOTSTRAP_SERVERS": cluster.kafka_bootstrap,
                "TOPIC_PREFIX": prefix,
                "SECRETS_DIR": str(secrets_dir),
            },
        )
        pool = await create_pool(url, "test", 6)
        stack.push_async_callback(pool.close)
        yield Stage(cluster, settings, pool)
