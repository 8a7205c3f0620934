"""Money on the real database: whatever order parts, cancellations and endings come in, each đồng has its transfer."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import Literal, TypeVar
from uuid import uuid4

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.payments.books.store.verification import verify_books
from services.payments.intents.domain.intents import IntentSource
from services.payments.intents.usecases.open_intents import ChargeGuest, charge_guest, open_intents
from services.payments.merchants.domain import Merchant
from services.payments.merchants.usecases import load_merchants, note_venue
from services.payments.transfers.domain.bank import BankTransfer, Direction
from services.payments.transfers.usecases.close_intents import close_intents
from services.payments.transfers.usecases.hear_transfers import hear_transfers
from shared.errors import Poison
from shared.events.common import Event
from shared.events.payments import IntentCancelled, IntentOpened, PaymentPartial, PaymentSettled, TransferSuspendedV2
from shared.events.ticketing import (
    OrderCancelled,
    OrderEvent,
    OrderExpired,
    OrderPlaced,
    OrderUndone,
    OrderUnfulfilled,
    VenueChanged,
)
from shared.ids import MerchantId, OrderId, VenueId, uuid7
from shared.money import Dong
from shared.qr.vietqr import TransferQr, decode
from shared.storage.db import Pool, create_pool
from shared.unit.batch import One
from shared.unit.unit import Unit
from shared.unit.wake import Waker
from tests.support.batches import alone, in_batches
from tests.support.cluster import Cluster
from tests.support.payments import MIGRATIONS, placed_order
from tests.support.scope import examples

VENUE = VenueId("clay-house")
ACCOUNT = "000000001"
NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
Ending = Literal["expired", "cancelled", "unfulfilled", "undone"]
E = TypeVar("E", bound=Event)


ENDS: Mapping[Ending, type[OrderEvent | OrderUndone]] = {
    "expired": OrderExpired,
    "cancelled": OrderCancelled,
    "unfulfilled": OrderUnfulfilled,
    "undone": OrderUndone,
}


def transfer_of(memo: str, amount_vnd: int, direction: Direction = "in") -> BankTransfer:
    return BankTransfer(
        provider="sepay",
        provider_id=uuid4().hex,
        bank_reference=uuid4().hex,
        account=ACCOUNT,
        direction=direction,
        amount_vnd=Dong(amount_vnd),
        memo=memo,
        provider_code=None,
        occurred_at=NOW,
        bank_code="970436",
    )


def ended(order: OrderPlaced, ending: Ending) -> OrderEvent | OrderUndone:
    return msgspec.convert(msgspec.structs.asdict(order) | {"version": 2, "status": ending}, ENDS[ending])


@dataclass(slots=True)
class Books:
    """Payments with one venue, told what ticketing and the bank would tell it."""

    unit: Unit

    @property
    def pool(self) -> Pool:
        return self.unit.pool

    async def order(self, total_vnd: int, order_id: OrderId | None = None) -> OrderPlaced:
        placed = placed_order(VENUE, total_vnd, NOW, order_id)
        await self.unit.run(alone(open_intents), placed)
        return placed

    async def pay(self, order: OrderPlaced, amount_vnd: int, direction: Direction = "in") -> str:
        """The bank's reference of a transfer for this order."""
        return await self.pay_reference(await self.reference("order", order.order_id), amount_vnd, direction)

    async def reference(self, source: IntentSource, order_id: OrderId) -> str:
        found = await self.pool.fetchval(
            "SELECT reference FROM intents WHERE source = $1 AND order_id = $2", source, order_id
        )
        return str(found)

    async def pay_reference(self, memo: str, amount_vnd: int, direction: Direction = "in") -> str:
        """The bank's reference of a transfer with this memo."""
        heard = transfer_of(memo, amount_vnd, direction)
        await self.unit.run(alone(hear_transfers), heard)
        return heard.bank_reference

    async def end(self, order: OrderPlaced, ending: Ending) -> None:
        """What ticketing says of an order's end; what it would never say is put aside by the consumer."""
        await self.unit.run(alone(close_intents), ended(order, ending))

    async def waiting(self) -> Counter[tuple[str, str]]:
        rows = await self.pool.fetch(
            "SELECT bank_reference, reason, suspended_money.amount_vnd FROM suspended_money JOIN transfers"
            " USING (transfer_id)"
        )
        return Counter({(row["bank_reference"], row["reason"]): row["amount_vnd"] for row in rows})

    async def told_waiting(self) -> Counter[tuple[str, str]]:
        """The same by the newest event of each."""
        known = await self.pool.fetch("SELECT transfer_id, bank_reference FROM transfers")
        references: dict[object, str] = {row["transfer_id"]: row["bank_reference"] for row in known}
        rows = await self.pool.fetch(
            "SELECT payload FROM outbox WHERE type = $1 ORDER BY seq", TransferSuspendedV2.TYPE
        )
        told = [msgspec.json.decode(row["payload"], type=TransferSuspendedV2) for row in rows]
        assert all(event.bank_code == "970436" for event in told)
        return Counter({(references[event.transfer_id], event.reason): event.amount_vnd for event in told})

    async def told(self, kind: type[E]) -> list[E]:
        rows = await self.pool.fetch("SELECT payload FROM outbox WHERE type = $1 ORDER BY seq", kind.TYPE)
        return [msgspec.json.decode(row["payload"], type=kind) for row in rows]

    async def asked(self, order: OrderPlaced) -> TransferQr:
        """What the code shown to the payer asks for now."""
        payload = await self.pool.fetchval("SELECT qr_payload FROM intents WHERE order_id = $1", order.order_id)
        return decode(payload)

    async def broken(self) -> list[str]:
        return [finding.invariant for finding in await verify_books(self.pool) if not finding.ok]

    async def state(self, order: OrderPlaced) -> tuple[str, int]:
        """Status and version of the order's intent."""
        row = await self.pool.fetchrow("SELECT status, version FROM intents WHERE order_id = $1", order.order_id)
        assert row is not None
        return row["status"], row["version"]

    async def paid_vnd(self, order: OrderPlaced) -> int:
        return int(await self.pool.fetchval("SELECT paid_vnd FROM intents WHERE order_id = $1", order.order_id))


@pytest.fixture
async def books(cluster: Cluster) -> AsyncIterator[Books]:
    async with cluster.database("money", MIGRATIONS) as url:
        pool = await create_pool(url, "money", 10)
        books = Books(Unit(pool, "payments", "payments.events", lambda: NOW, Waker(url, solo=True)))
        await furnish(books.unit)
        yield books
        await pool.close()


async def furnish(unit: Unit) -> None:
    venue = VenueChanged(
        version=1,
        occurred_at=NOW,
        recorded_at=NOW,
        venue_id=VENUE,
        name_vi="Nhà trình tường",
        name_en="Clay house",
        kind="homestay",
        old_district_code="026",
        new_commune_code="00715",
        on_sale=True,
    )
    await unit.run(note_venue, venue)
    merchant = Merchant(
        merchant_id=MerchantId("merchant"),
        venue_id=VENUE,
        name="Demo",
        bank_bin="970436",
        account_number=ACCOUNT,
        account_name="DEMO HOST",
    )
    await unit.run(load_merchants, [merchant])


async def test_a_surplus_and_late_money_of_one_transfer_wait_apart(books: Books) -> None:
    order = await books.order(60_000)
    transfer = await books.pay(order, 70_000)

    await books.end(order, "unfulfilled")

    assert await books.waiting() == {(transfer, "surplus"): 10_000, (transfer, "late_no_places"): 60_000}
    assert await books.told_waiting() == await books.waiting()
    assert await books.broken() == []


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        ("unfulfilled", "late_no_places"),
        ("cancelled", "order_cancelled"),
        ("undone", "order_cancelled"),
    ],
)
async def test_money_paid_in_parts_goes_back_under_each_transfer(books: Books, ending: Ending, reason: str) -> None:
    order = await books.order(60_000)
    parts = {await books.pay(order, amount): amount for amount in (10_000, 20_000, 30_000)}

    await books.end(order, ending)

    assert await books.waiting() == {(transfer, reason): amount for transfer, amount in parts.items()}
    assert await books.paid_vnd(order) == 0
    [settled], [cancelled] = await books.told(PaymentSettled), await books.told(IntentCancelled)
    assert (cancelled.status, cancelled.paid_vnd, cancelled.version) == ("cancelled", 0, settled.version + 1)
    assert await books.broken() == []


async def test_partial_money_of_a_cancelled_order_and_what_comes_after_wait_under_that_reason(books: Books) -> None:
    order = await books.order(60_000)
    part = await books.pay(order, 10_000)

    await books.end(order, "cancelled")
    await books.end(order, "cancelled")
    late = await books.pay(order, 50_000)

    assert await books.waiting() == {(part, "order_cancelled"): 10_000, (late, "order_cancelled"): 50_000}
    rows = await books.pool.fetch("SELECT order_id FROM suspended_money")
    assert {row["order_id"] for row in rows} == {order.order_id}
    assert await books.broken() == []


async def test_money_that_comes_while_an_order_is_cancelled_is_never_left_on_it(books: Books) -> None:
    for _ in range(20):
        order = await books.order(60_000)
        await asyncio.gather(books.pay(order, 20_000), books.end(order, "cancelled"), books.pay(order, 40_000))
        assert await books.paid_vnd(order) == 0

    assert sum((await books.waiting()).values()) == 20 * 60_000
    assert await books.broken() == []


@pytest.mark.parametrize("ending", ["expired", "cancelled"])
async def test_an_order_with_the_id_of_a_charge_has_an_intent_of_its_own_and_its_end_leaves_the_charge_paid(
    books: Books, ending: Ending
) -> None:
    """Whoever saw the address of a charge knows its id, and a buyer chooses the id of an order."""
    charge = ChargeGuest(OrderId(uuid7()), VENUE, Dong(350_000))
    await books.unit.run(charge_guest, charge)
    await books.pay_reference(await books.reference("charge", charge.order_id), 350_000)
    order = await books.order(60_000, charge.order_id)

    await books.pay_reference(await books.reference("order", order.order_id), 10_000)
    await books.end(order, ending)

    rows = await books.pool.fetch("SELECT source, status, amount_vnd, paid_vnd FROM intents ORDER BY source")
    kept_vnd = 10_000 if ending == "expired" else 0
    assert [tuple(row) for row in rows] == [
        ("charge", "settled", 350_000, 350_000),
        ("order", ending, 60_000, kept_vnd),
    ]
    assert await books.broken() == []


async def test_an_order_heard_twice_has_one_intent_and_so_has_a_charge(books: Books) -> None:
    order = await books.order(60_000)
    await books.unit.run(alone(open_intents), order)
    charge = ChargeGuest(OrderId(uuid7()), VENUE, Dong(350_000))
    await books.unit.run(charge_guest, charge)

    with pytest.raises(AssertionError):
        await books.unit.run(charge_guest, charge)

    rows = await books.pool.fetch("SELECT order_id FROM intents ORDER BY amount_vnd")
    assert [row["order_id"] for row in rows] == [order.order_id, charge.order_id]


async def test_each_part_brings_a_code_for_the_rest_under_the_same_reference(books: Books) -> None:
    order = await books.order(60_000)
    asked = [await books.asked(order)]
    for amount in (10_000, 15_000, 35_000):
        await books.pay(order, amount)
        asked.append(await books.asked(order))

    assert [qr.amount_vnd for qr in asked] == [60_000, 50_000, 35_000, 35_000]
    assert len({(qr.bank_bin, qr.account, qr.memo) for qr in asked}) == 1
    told = await books.told(PaymentPartial)
    assert [decode(event.qr_payload).amount_vnd for event in told] == [50_000, 35_000]


async def test_money_that_left_an_account_pays_nothing_and_is_no_money_in(books: Books) -> None:
    order = await books.order(60_000)
    await books.pay(order, 60_000, "out")

    assert await books.state(order) == ("open", 1)
    [money] = [finding for finding in await verify_books(books.pool) if finding.invariant == "money_in_is_placed"]
    assert money.ok
    assert set(money.detail.values()) == {0}


async def test_a_deadline_that_passed_moves_only_intents_that_wait_for_money(books: Books) -> None:
    waiting, partial, paid, cancelled = [await books.order(60_000) for _ in range(4)]
    await books.pay(partial, 10_000)
    await books.pay(paid, 60_000)
    await books.end(cancelled, "cancelled")

    for order in (waiting, partial, paid, cancelled):
        await books.end(order, "expired")
        await books.end(order, "expired")

    states = [await books.state(order) for order in (waiting, partial, paid, cancelled)]
    assert states == [("expired", 2), ("expired", 3), ("settled", 2), ("cancelled", 2)]
    assert await books.paid_vnd(partial) == 10_000


@pytest.mark.parametrize("sides", [("cash:m", "suspense:m"), ("bank:m", "cash_sales:m"), ("suspense:m", "cash:m")])
async def test_verify_notices_cash_and_bank_money_in_one_posting(books: Books, sides: tuple[str, str]) -> None:
    posting = "INSERT INTO postings (source_id, kind, debit, credit, amount_vnd, at) VALUES ($1, 'x', $2, $3, 5, now())"
    assert "cash_apart" not in await books.broken()
    await books.pool.execute(posting, uuid7(), *sides)
    assert "cash_apart" in await books.broken()


async def test_a_payment_names_the_bank_that_reported_it(books: Books) -> None:
    order = await books.order(60_000)
    await books.pay(order, 20_000)
    await books.pay(order, 40_000)

    reported = {event.bank_code for event in (*await books.told(PaymentPartial), *await books.told(PaymentSettled))}

    assert reported == {"970436"} == {event.bank_bin for event in await books.told(PaymentSettled)}


@pytest.mark.parametrize("ending", ["expired", "cancelled", "unfulfilled"])
async def test_an_end_that_contradicts_its_intent_moves_no_money(books: Books, ending: Ending) -> None:
    order = await books.order(60_000)
    await books.pay(order, 60_000)

    with pytest.raises(Poison):
        await books.end(msgspec.structs.replace(order, total_vnd=Dong(50_000)), ending)

    assert await books.paid_vnd(order) == 60_000
    assert await books.waiting() == Counter()


async def test_an_order_whose_prices_do_not_make_its_total_opens_no_intent(books: Books) -> None:
    order = msgspec.structs.replace(placed_order(VENUE, 60_000, NOW), total_vnd=Dong(1_000))
    with pytest.raises(Poison):
        await books.unit.run(alone(open_intents), order)
    assert await books.told(IntentOpened) == []


@dataclass(slots=True)
class Expected:
    """One order by the plain rules, in words of money only."""

    due_vnd: int
    shares: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    status: Literal["open", "settled", "cancelled"] = "open"
    waiting: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])

    def pay(self, transfer: str, amount_vnd: int) -> None:
        if self.status != "open":
            self.waiting[transfer, "order_cancelled" if self.status == "cancelled" else "paid_again"] += amount_vnd
            return
        missing = self.due_vnd - sum(amount for _, amount in self.shares)
        self.shares.append((transfer, min(missing, amount_vnd)))
        if amount_vnd > missing:
            self.waiting[transfer, "surplus"] += amount_vnd - missing
        if amount_vnd >= missing:
            self.status = "settled"

    def end(self, ending: Ending) -> None:
        if self.status == "cancelled" or ending == "expired" or (ending == "unfulfilled" and self.status == "open"):
            return
        for transfer, amount in self.shares:
            self.waiting[transfer, "late_no_places" if ending == "unfulfilled" else "order_cancelled"] += amount
        self.shares.clear()
        self.status = "cancelled"


Orders = list[tuple[OrderPlaced, Expected]]
Steps = Sequence[tuple[int, int | Ending]]


async def _pay_together(books: Books, orders: Orders, steps: Steps) -> None:
    transfers: list[One[BankTransfer]] = []
    for number, amount_vnd in steps:
        order, expected = orders[number]
        assert isinstance(amount_vnd, int)
        transfers.append(One(transfer_of(await books.reference("order", order.order_id), amount_vnd), ""))
        expected.pay(transfers[-1].command.bank_reference, amount_vnd)
    assert await books.unit.run_batch(hear_transfers, transfers) == [None] * len(transfers)


async def _end_together(books: Books, orders: Orders, steps: Steps) -> None:
    ends: list[One[OrderEvent | OrderUndone]] = []
    for number, ending in steps:
        order, expected = orders[number]
        assert not isinstance(ending, int)
        ends.append(One(ended(order, ending), ""))
        expected.end(ending)
    for answer, (_, ending) in zip(await books.unit.run_batch(close_intents, ends), steps, strict=True):
        assert answer is None or ending == "unfulfilled", "only an order that was paid can lack places"


PAY = st.integers(2_000, 80_000)
STEPS = st.lists(
    st.tuples(st.integers(0, 2), PAY | st.sampled_from(["expired", "cancelled", "unfulfilled"])), max_size=14
)


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(due=st.lists(st.integers(2_000, 100_000), min_size=3, max_size=3), steps=STEPS, most=st.integers(1, 6))
async def test_in_any_history_each_dong_is_allocated_or_waits_under_its_own_transfer(
    books: Books, due: list[int], steps: list[tuple[int, int | Ending]], most: int
) -> None:
    """However many of them come together: up to `most` in one transaction, as a poll of Kafka brings them."""
    before = await books.waiting()
    orders = [(await books.order(amount), Expected(amount)) for amount in due]
    for is_money, some in groupby(steps, key=lambda step: isinstance(step[1], int)):
        for batch in in_batches(some, most):
            await (_pay_together if is_money else _end_together)(books, orders, batch)

    assert await books.broken() == []
    assert await books.waiting() == sum((expected.waiting for _, expected in orders), before)
    assert await books.told_waiting() == await books.waiting()
    for order, expected in orders:
        assert await books.paid_vnd(order) == sum(amount for _, amount in expected.shares)
