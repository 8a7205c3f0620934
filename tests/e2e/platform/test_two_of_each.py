"""Two of each role of each service, as on several machines: the same answers, and one of each may be killed."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from deploy.simulator.bank import Bank
from deploy.simulator.transfers import Payment, Transfer
from deploy.simulator.transfers import book as book_transfer
from shared.clock import local_date, utc_now
from shared.events.topics import PAYMENTS_EVENTS, TICKETING_EVENTS
from shared.ids import uuid7
from shared.keys.files import PASS_KEYS, load_keys
from shared.money import Dong
from shared.passes.auth import OFFICE, OWNER, Pass, Role, sign_pass
from shared.storage.db import connect
from tests.support.buyers import ENTRIES, Buyers, Gates, OrderState, transfer_for
from tests.support.cluster import Cluster
from tests.support.gate import VENUE
from tests.support.system import System
from tests.support.topics import times_said
from tests.support.waiting import PATIENCE_S, until

pytestmark = pytest.mark.slow

HOUSE = "meo-vac-clay-house"
SPEAKERS = ("ticketing", "payments")


@dataclass(frozen=True, slots=True)
class Apart:
    """one, two: the same clients at each of ticketing's processes that serve; door: at the one in front of both."""

    system: System
    bank: Bank
    one: Buyers
    two: Buyers
    door: Buyers

    async def rows(self, service: str, question: str) -> list[str]:
        """The first column, as text."""
        database = await connect(self.system.database_url(service), "test")
        try:
            return [str(row[0]) for row in await database.fetch(question)]
        finally:
            await database.close()

    async def is_none(self, service: str, question: str) -> bool:
        return not await self.rows(service, question)

    async def is_quiet(self) -> bool:
        return all([await self.is_none(name, "SELECT seq FROM outbox WHERE sent_at IS NULL") for name in SPEAKERS])

    def pass_of(self, role: Role, *venues: str) -> str:
        now = utc_now()
        issued = Pass(uuid4(), role, venues, "", None, now - timedelta(minutes=1), now + timedelta(days=1))
        return sign_pass(issued, load_keys(self.system.secrets, PASS_KEYS).signer)

    async def counted(self, process: str) -> dict[str, int]:
        """What one of analytics' processes tells the province."""
        headers = {"cookie": f"{OFFICE}={self.pass_of(Role.PROVINCE)}"}
        async with client(self.system.origin_of(process)) as http:
            # Whichever day it became meanwhile.
            today = local_date(utc_now())
            days = {"from": str(today - timedelta(days=1)), "to": str(today)}
            told = (await http.get("/api/province/overview", params=days, headers=headers)).json()
        return {"payments": told["total"]["payments"], "people": told["people"]}


def client(origin: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=origin, timeout=PATIENCE_S, trust_env=False)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def apart(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Apart]:
    system = System(cluster, tmp_path_factory.mktemp("apart"), apart=True)
    async with AsyncExitStack() as stack:
        await system.start(stack)
        bank, gates = Bank(cluster.kafka_bootstrap, f"{system.name}."), await Gates.pair(system, [VENUE])
        stack.push_async_callback(bank.close)
        ones = [system.origin_of(f"ticketing-serve-{number}") for number in (1, 2)]
        clients = [await stack.enter_async_context(client(origin)) for origin in (*ones, system.origin)]
        opened = Apart(system, bank, *(Buyers(http, bank, gates) for http in clients))

        async def is_known() -> bool:
            return bool(await opened.rows("payments", f"SELECT venue_id FROM venues WHERE venue_id = '{HOUSE}'"))

        await until(is_known)
        yield opened


@asynccontextmanager
async def watching(http: httpx.AsyncClient, path: str, cookie: str = "") -> AsyncGenerator[AsyncIterator[str]]:
    """The lines of a live stream that tell something."""
    async with http.stream("GET", path, headers={"cookie": cookie} if cookie else {}) as stream:
        assert stream.status_code == 200
        yield stream.aiter_lines()


async def hears(lines: AsyncIterator[str], is_wanted: Callable[[dict[str, Any]], bool]) -> None:
    """Returns once the stream tells a state as it is wanted."""
    async with asyncio.timeout(PATIENCE_S):
        async for line in lines:
            if line.startswith("data: "):
                told = json.loads(line.removeprefix("data: "))
                if is_wanted(told):
                    return
    raise AssertionError("the stream ended before it told so")


async def pay(apart: Apart, order: OrderState) -> None:
    await apart.one.tell(transfer_for(order, order.total_vnd, f"{order.order_id} pays"))


async def ticketed(apart: Apart, at: Buyers, elsewhere: Buyers, people: int = 1) -> OrderState:
    """An order placed at one and paid, as the other shows it once it has its tickets."""
    placed = await at.order(ENTRIES[0], people)
    await pay(apart, await elsewhere.becomes(placed.token, lambda seen: seen.ready))
    return await elsewhere.becomes(placed.token, lambda seen: seen.status == "ticketed")


async def test_an_order_is_placed_at_one_watched_and_ticketed_at_the_other(apart: Apart) -> None:
    placed = await apart.one.order(ENTRIES[0], 2)
    live = f"/api/orders/{placed.token}/live"
    async with watching(apart.two.http, live) as two, watching(apart.one.http, live) as one:
        await pay(apart, await apart.two.becomes(placed.token, lambda seen: seen.ready))
        await asyncio.gather(*(hears(lines, lambda told: told["status"] == "ticketed") for lines in (one, two)))
    seen = [await buyers.state(placed.token) for buyers in (apart.one, apart.two, apart.door)]
    assert seen[0] == seen[1] == seen[2]
    assert len(seen[0].tickets) == 2


async def test_a_request_asked_of_both_at_once_is_done_once_and_answered_alike(apart: Apart) -> None:
    order_id = str(uuid7())
    wanted = {"order_id": order_id, "product_id": ENTRIES[0], "visit_on": local_date(utc_now()).isoformat()}
    asks = [
        buyers.http.post("/api/orders", json={**wanted, "counts": {"adult": 1}}, headers={"idempotency-key": order_id})
        for buyers in (apart.one, apart.two) * 4
    ]
    answers = await asyncio.gather(*asks)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert len(await apart.rows("ticketing", f"SELECT order_id FROM orders WHERE order_id = '{order_id}'")) == 1


async def test_a_ticket_shown_at_two_doors_at_once_is_let_in_once_and_its_first_answers_stay(apart: Apart) -> None:
    [ticket] = (await ticketed(apart, apart.one, apart.two)).tickets
    scans = {uuid7(): apart.one, uuid7(): apart.two}
    asked = {scan: at.scan(VENUE, ticket.code, scan) for scan, at in scans.items()}
    answers = dict(zip(asked, await asyncio.gather(*asked.values()), strict=True))
    assert sorted(answer.verdict for answer in answers.values()) == ["admitted", "conflict"]
    for scan, at in scans.items():
        other = apart.two if at is apart.one else apart.one
        assert await other.scan(VENUE, ticket.code, scan) == answers[scan]


async def test_an_entry_taken_back_at_one_lets_the_ticket_in_again_at_the_other(apart: Apart) -> None:
    [ticket] = (await ticketed(apart, apart.two, apart.one)).tickets
    scan_id = uuid7()
    assert (await apart.one.scan(VENUE, ticket.code, scan_id)).verdict == "admitted"
    undone = await apart.two.http.post(
        "/api/gate/undo",
        json={"scan_id": str(scan_id), "occurred_at": utc_now().isoformat()},
        headers={"cookie": apart.two.gates.cookies[VENUE]},
    )
    assert undone.status_code == 200, undone.text
    assert (await apart.one.scan(VENUE, ticket.code, uuid7())).verdict == "admitted"
    assert (await apart.two.scan(VENUE, ticket.code, uuid7())).verdict == "conflict"


async def test_an_owner_charges_at_one_and_hears_of_the_money_at_both(apart: Apart) -> None:
    cookie = f"{OWNER}={apart.pass_of(Role.OWNER, HOUSE)}"
    origins = [apart.system.origin_of(f"payments-serve-{number}") for number in (1, 2)]
    async with client(origins[0]) as one, client(origins[1]) as two:
        form = {"venue": HOUSE, "amount": "150000", "idempotency_key": str(uuid4())}
        charges = [await http.post("/owner/charges", data=form, headers={"cookie": cookie}) for http in (one, two)]
        [charge] = {answer.headers["location"] for answer in charges}
        order_id = charge.rpartition("/")[2]
        [told] = await apart.rows(
            "payments",
            f"SELECT concat_ws(' ', bank_bin, account_number, reference) FROM intents WHERE order_id = '{order_id}'",
        )
        bank_bin, account, reference = told.split()
        live = f"/api/owner/charges/{order_id}/live"
        async with (
            watching(two, live, cookie) as charged,
            watching(one, "/api/owner/live", cookie) as day_at_one,
            watching(two, "/api/owner/live", cookie) as day_at_two,
        ):
            await apart.one.tell(_transfer(bank_bin, account, reference))
            await hears(charged, lambda told: told["state"] == "paid")
            await asyncio.gather(*(hears(day, _lists_the_money) for day in (day_at_one, day_at_two)))


def _lists_the_money(told: dict[str, Any]) -> bool:
    return [came["amount_vnd"] for came in told["received"]] == [150_000]


def _transfer(bank_bin: str, account: str, reference: str) -> Transfer:
    payment = Payment(bank_bin, account, Dong(150_000), reference)
    return book_transfer(payment, f"{reference} pays", f"MBVCB.{reference}.CT tu 0000", utc_now())


async def test_whoever_signs_out_at_one_is_out_at_the_other_and_their_page_ends_in_another_service(
    apart: Apart,
) -> None:
    signed_in = await apart.one.http.post("/sign-in", data={"login": "operator", "password": "demo-operator-desk"})
    assert signed_in.status_code == 303, signed_in.text
    cookie = "; ".join(line.partition(";")[0] for line in signed_in.headers.get_list("set-cookie"))
    headers = {"cookie": cookie}
    assert (await apart.two.http.get("/manage", headers=headers)).status_code == 200
    async with (
        client(apart.system.origin_of("analytics-serve-2")) as analytics,
        watching(analytics, "/api/province/live", cookie) as lines,
    ):
        await apart.two.http.post("/sign-out", data={"door": "office"}, headers=headers)

        async def is_out() -> bool:
            return (await apart.one.http.get("/manage", headers=headers)).status_code == 401

        await until(is_out)
        async with asyncio.timeout(PATIENCE_S):
            assert [line async for line in lines if line.startswith("event:")][-1] == "event: ended"


async def test_two_relays_say_each_event_once_and_both_analytics_tell_the_same(apart: Apart) -> None:
    """One relay of each service leads, and each of two workers counts its share of the partitions."""
    await asyncio.gather(*(ticketed(apart, *pair) for pair in [(apart.one, apart.two), (apart.two, apart.one)] * 5))
    await until(apart.is_quiet)
    for service in SPEAKERS:
        said = await times_said(
            apart.system.cluster.kafka_bootstrap,
            [f"{apart.system.name}.{TICKETING_EVENTS.name if service == 'ticketing' else PAYMENTS_EVENTS.name}"],
        )
        assert dict(said) == dict.fromkeys(await apart.rows(service, "SELECT id FROM outbox"), 1)
        assert len(await apart.rows(service, _LEADERS)) == 1
    await until(partial(_all_is_counted, apart))


_LEADERS = (
    "SELECT pid FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE datname = current_database()"
    " AND application_name LIKE '%-relay' AND locktype = 'advisory' AND granted"
)


async def _all_is_counted(apart: Apart) -> bool:
    told = [await apart.counted(f"analytics-serve-{number}") for number in (1, 2)]
    [payments] = await apart.rows("payments", "SELECT count(*) FROM intents WHERE status = 'settled'")
    [people] = await apart.rows(
        "ticketing",
        "SELECT coalesce(sum(count), 0) FROM admissions WHERE verdict = 'admitted' AND undone_at IS NULL",
    )
    return told == [{"payments": int(payments), "people": int(people)}] * 2


async def test_every_process_tells_its_health_and_the_door_tells_of_none(apart: Apart) -> None:
    for member in apart.system.members:
        async with client(apart.system.origin_of(member.name)) as http:
            assert (await http.get("/health/ready")).json()["ready"] is True
            assert "outbox_unsent_events" in (await http.get("/metrics")).text
            assert (await http.get("/")).status_code == (200 if member.name.startswith("ticketing-serve") else 404)
    assert (await apart.door.http.get("/metrics")).status_code == 404


async def test_one_of_each_is_killed_and_the_others_go_on(apart: Apart) -> None:
    leaders = [await _leader(apart, service) for service in SPEAKERS]
    killed = [f"{service}-{role}-1" for service in SPEAKERS for role in ("serve", "consume")]
    apart.system.kill(*killed, *leaders, "analytics-serve-1")
    # Of the consumer that was killed the other takes over when its session is over, half a minute later.
    order = await ticketed(apart, apart.door, apart.two, people=2)
    first, second = order.tickets
    assert (await apart.door.scan(VENUE, first.code, uuid7())).verdict == "admitted"
    apart.system.revive()
    assert (await apart.one.scan(VENUE, second.code, uuid7())).verdict == "admitted"
    await until(apart.is_quiet)
    await until(partial(_all_is_counted, apart))


async def _leader(apart: Apart, service: str) -> str:
    """The process of the one relay that says of itself that it leads."""
    leaders: list[str] = []
    for name in (f"{service}-relay-{number}" for number in (1, 2)):
        async with client(apart.system.origin_of(name)) as http:
            if "\nrelay_leads 1.0\n" in (await http.get("/metrics")).text:
                leaders.append(name)
    [leader] = leaders
    return leader
