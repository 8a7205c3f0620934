"""The owner's doors on the real database: a charge and its money, cash and its undoing, and whose they are."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast
from uuid import UUID, uuid4

import httpx
import pytest
import uvicorn

from services.payments.app import WEBS, owner_doors
from services.payments.books.store.verification import verify_books
from services.payments.intents.usecases.open_intents import open_intents
from services.payments.merchants.domain import Merchant
from services.payments.merchants.usecases import load_merchants, note_venue
from services.payments.owner import api as owner
from services.payments.transfers.domain.bank import BankTransfer
from services.payments.transfers.usecases.hear_transfers import hear_transfers
from shared.events.ticketing import VenueChanged
from shared.ids import MerchantId, VenueId
from shared.keys.files import Signer
from shared.money import Dong
from shared.passes.auth import OWNER, Doors, Pass, PassKeys, Role, sign_pass
from shared.passes.revocations import Revocations
from shared.storage.db import Pool, create_pool
from shared.unit.idempotency import Key
from shared.unit.unit import Unit
from shared.unit.wake import Waker
from shared.web.app import create_app
from shared.web.live import Live
from shared.web.pages import Pages
from tests.support.batches import alone
from tests.support.cluster import Cluster
from tests.support.keys import new_keys
from tests.support.payments import placed_order
from tests.support.texts import translate
from tests.support.waiting import PATIENCE_S

PAYMENTS = Path("services/payments")
ANSWERS = Path("tests/fixtures/payments/stored-answers.jsonl").read_text(encoding="utf-8").splitlines()
HOUSE, OTHER = VenueId("clay-house"), VenueId("stone-house")
LIMIT_S = PATIENCE_S


@dataclass
class House:
    """Payments with two venues and a clock that the test moves, served on a port of its own."""

    pool: Pool
    unit: Unit
    key: Signer
    origin: str
    now: list[datetime]
    browsers: list[httpx.AsyncClient]

    def browser(self, *venues: str) -> httpx.AsyncClient:
        """A phone of an owner of these venues that reads pages in English."""
        client = httpx.AsyncClient(base_url=self.origin, headers={"accept": "text/html", "accept-language": "en"})
        client.headers["cookie"] = f"{OWNER}={self.token(*venues)}"
        self.browsers.append(client)
        return client

    def token(self, *venues: str) -> str:
        now = self.now[0]
        return sign_pass(Pass(uuid4(), Role.OWNER, venues, "", None, now, now + timedelta(days=1)), self.key)

    async def pay(self, order_id: str, amount_vnd: int) -> None:
        """The bank says that a guest transferred this much with the charge's memo."""
        row = await self.pool.fetchrow(
            "SELECT account_number, reference FROM intents WHERE order_id = $1", UUID(order_id)
        )
        assert row is not None
        heard = BankTransfer(
            account=row["account_number"],
            amount_vnd=Dong(amount_vnd),
            memo=f"CK {row['reference']}",
            occurred_at=self.now[0],
            bank_code="VCB",
            bank_reference=uuid4().hex,
            provider="sepay",
            provider_id=uuid4().hex,
            direction="in",
            provider_code=None,
        )
        await self.unit.run(alone(hear_transfers), heard)

    async def said(self) -> list[dict[str, object]]:
        rows = await self.pool.fetch("SELECT type, payload FROM outbox ORDER BY seq")
        return [{"type": row["type"], **json.loads(row["payload"])} for row in rows]

    async def booked(self) -> list[tuple[str, str, int]]:
        rows = await self.pool.fetch("SELECT kind, debit, amount_vnd FROM postings ORDER BY posting_id")
        return [(row["kind"], row["debit"].partition(":")[0], row["amount_vnd"]) for row in rows]


@pytest.fixture
async def house(cluster: Cluster) -> AsyncIterator[House]:
    async with cluster.database("owner", PAYMENTS / "migrations") as url:
        pool = await create_pool(url, "owner", 10)
        try:
            async with opened(pool, Waker(url, solo=True)) as house:
                yield house
        finally:
            await pool.close()


@asynccontextmanager
async def opened(pool: Pool, waker: Waker) -> AsyncGenerator[House]:
    now, keys = [datetime(2026, 11, 24, 2, tzinfo=UTC)], new_keys()
    unit = Unit(pool, "payments", "payments.events", lambda: now[0], waker)
    await furnish(unit)
    await pool.execute("DELETE FROM outbox")
    live, revocations = Live(pool, waker), Revocations(pool, waker)
    pages = Pages(WEBS, "payments")
    doors = Doors(PassKeys(keys.public_keys), revocations, unit.clock)
    app = create_app("payments", [owner.router], is_ready, doors, pages)
    app.state.owner = owner_doors(unit, pages, live)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
    work = [asyncio.create_task(part) for part in (live.run(), revocations.run(), server.serve())]
    async with asyncio.timeout(LIMIT_S):
        while not server.started:  # noqa: ASYNC110 - uvicorn tells it by no event
            await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    house = House(pool, unit, keys.signer, f"http://localhost:{port}", now, [])
    yield house
    live.close()
    for browser in house.browsers:
        await browser.aclose()
    server.should_exit = True
    await work[2]
    for part in work[:2]:
        part.cancel()


async def furnish(unit: Unit) -> None:
    for number, venue_id in enumerate((HOUSE, OTHER), 1):
        await unit.run(
            note_venue,
            VenueChanged(
                version=1,
                occurred_at=unit.clock(),
                recorded_at=unit.clock(),
                venue_id=venue_id,
                name_vi="Nhà trình tường",
                name_en="Clay house",
                kind="homestay",
                old_district_code="026",
                new_commune_code="00715",
                on_sale=True,
            ),
        )
        merchant = Merchant(
            merchant_id=MerchantId(f"merchant-{venue_id}"),
            venue_id=venue_id,
            name="Demo",
            bank_bin="970436",
            account_number=f"00000000{number}",
            account_name="DEMO HOST",
        )
        await unit.run(load_merchants, [merchant])


async def is_ready() -> tuple[bool, dict[str, object]]:
    return True, {}


async def post(browser: httpx.AsyncClient, path: str, key: str | None = None, **fields: str) -> httpx.Response:
    return await browser.post(path, data={"idempotency_key": key or str(uuid4()), **fields})


async def charged(browser: httpx.AsyncClient, amount: str = "350.000", *, at: str = HOUSE) -> str:
    answer = await post(browser, "/owner/charges", venue=at, amount=amount)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].rpartition("/")[2]


async def cash_of(browser: httpx.AsyncClient, amount: str = "120000", *, at: str = HOUSE) -> str:
    answer = await post(browser, "/owner/cash", venue=at, amount=amount)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].rpartition("=")[2]


async def states(answer: httpx.Response) -> AsyncIterator[Mapping[str, object]]:
    """What a live stream says, one after the other."""
    async for line in answer.aiter_lines():
        if line.startswith("data:"):
            yield json.loads(line.removeprefix("data:"))


def shown(page: str, name: str) -> str:
    """The text of the element with this id."""
    found = re.search(rf'id="{name}">([^<]*)<', page)
    assert found, page
    return found.group(1).replace("\u00a0", " ")


def venue_of_forms(page: str) -> set[str]:
    """The venues that the page's forms act at."""
    return set(re.findall(r'name="venue" value="([^"]*)"', page))


def told_by(page: str, name: str) -> str:
    """What the day tells its script under this name."""
    found = re.search(rf'<div id="day"[^>]* data-{name}="([^"]*)"', page)
    assert found, page
    return found.group(1)


def came(state: Mapping[str, object]) -> list[dict[str, object]]:
    """The transfers that a state of the day tells, the newest first."""
    return cast("list[dict[str, object]]", state["received"])


def state_shown(page: str) -> str:
    found = re.search(r'data-state-now="(\w+)"', page)
    assert found, page
    return found.group(1)


async def test_a_charge_shows_its_qr_and_waits(house: House) -> None:
    phone = house.browser(HOUSE)
    order_id = await charged(phone)
    page = (await phone.get(f"/owner/charges/{order_id}")).text
    assert state_shown(page) == "waiting"
    assert "<svg" in page
    assert "350.000\u00a0₫" in page
    assert [(event["type"], event["amount_vnd"], event["channel"]) for event in await house.said()] == [
        ("payments.intent_opened.v1", 350_000, "owner")
    ]


async def test_a_charge_turns_to_paid_by_itself_on_an_open_stream(house: House) -> None:
    phone = house.browser(HOUSE)
    order_id = await charged(phone)
    async with asyncio.timeout(LIMIT_S), phone.stream("GET", f"/api/owner/charges/{order_id}/live") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        heard = states(answer)
        assert (await anext(heard))["state"] == "waiting"
        await house.pay(order_id, 350_000)
        assert await anext(heard) == {
            "state": "paid", "amount_vnd": 350_000, "paid_vnd": 350_000, "due_vnd": 0, "over_vnd": 0, "is_late": False,
        }  # fmt: skip


async def test_less_and_then_more_than_the_amount_are_shown_as_such(house: House) -> None:
    phone = house.browser(HOUSE)
    order_id = await charged(phone)
    await house.pay(order_id, 300_000)
    page = (await phone.get(f"/owner/charges/{order_id}")).text
    assert state_shown(page) == "partial"
    assert "50.000\u00a0₫" in page
    await house.pay(order_id, 70_000)
    page = (await phone.get(f"/owner/charges/{order_id}")).text
    assert state_shown(page) == "over"
    assert 'data-money="over_vnd">20.000\u00a0₫' in page


async def test_an_expired_charge_says_so_and_still_takes_late_money(house: House) -> None:
    phone = house.browser(HOUSE)
    order_id = await charged(phone)
    house.now[0] += timedelta(minutes=15, seconds=1)
    assert state_shown((await phone.get(f"/owner/charges/{order_id}")).text) == "expired"
    await house.pay(order_id, 350_000)
    assert state_shown((await phone.get(f"/owner/charges/{order_id}")).text) == "paid"


async def test_a_charge_of_another_venue_is_not_there(house: House) -> None:
    order_id = await charged(house.browser(OTHER), at=OTHER)
    stranger = house.browser(HOUSE)
    for path in (f"/owner/charges/{order_id}", f"/api/owner/charges/{order_id}/live", f"/owner/charges/{uuid4()}"):
        assert (await stranger.get(path)).status_code == 404


async def test_an_owner_of_two_homestays_sees_one_at_a_time_and_what_is_recorded_is_of_the_one_that_was_seen(
    house: House,
) -> None:
    phone = house.browser(OTHER, HOUSE)
    first, second = (await phone.get("/owner")).text, (await phone.get(f"/owner?venue={HOUSE}")).text
    assert [venue_of_forms(page) for page in (first, second)] == [{OTHER}, {HOUSE}]
    cash_id = await cash_of(phone, "50000", at=HOUSE)
    order_id = await charged(phone, "70000", at=HOUSE)
    await house.pay(order_id, 70_000)
    assert await house.pool.fetchval("SELECT venue_id FROM cash") == HOUSE
    assert await house.pool.fetchval("SELECT venue_id FROM intents") == HOUSE
    pages = [(await phone.get(f"/owner?venue={venue}")).text for venue in (OTHER, HOUSE)]
    assert [shown(page, "total") for page in pages] == ["0 ₫", "120.000 ₫"]
    assert f'href="/owner?venue={HOUSE}"' in (await phone.get(f"/owner/charges/{order_id}")).text
    undone = await post(phone, f"/owner/cash/{cash_id}/undo")
    assert undone.headers["location"] == f"/owner?venue={HOUSE}&cash={cash_id}"


async def test_an_amount_for_a_venue_of_somebody_else_or_for_none_is_not_recorded(house: House) -> None:
    phone = house.browser(HOUSE)
    for path in ("/owner/charges", "/owner/cash"):
        assert (await post(phone, path, venue=OTHER, amount="50000")).status_code == 403
        assert (await post(phone, path, amount="50000")).status_code == 422
    for path in (f"/owner?venue={OTHER}", f"/api/owner/live?venue={OTHER}", f"/owner/cash?venue={OTHER}&amount=5k"):
        assert (await phone.get(path)).status_code == 403
    assert await house.said() == []


async def test_a_host_sees_when_the_guests_of_an_online_order_come_and_how_many_they_are(house: House) -> None:
    stay = placed_order(HOUSE, 600_000, house.now[0])
    await house.unit.run(alone(open_intents), stay)
    phone = house.browser(HOUSE)
    assert "arrive" not in (await phone.get("/owner")).text
    await house.pay(str(stay.order_id), 600_000)
    assert "3 guests arrive on 05/12/2026, nights: 2" in (await phone.get("/owner")).text


async def test_a_charge_sent_twice_is_made_once(house: House) -> None:
    phone, key = house.browser(HOUSE), str(uuid4())
    answers = [await post(phone, "/owner/charges", key, venue=HOUSE, amount="350k") for _ in range(2)]
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert await house.pool.fetchval("SELECT count(*) FROM intents") == 1
    assert (await post(phone, "/owner/charges", key, venue=HOUSE, amount="1")).status_code == 422
    assert (await phone.post("/owner/charges", data={"venue": HOUSE, "amount": "350000"})).status_code == 400


async def test_a_request_answered_by_the_release_before_is_answered_the_same(house: House) -> None:
    """The answers were whole rows then; they are kept for seven days."""
    phone = house.browser(HOUSE)
    charge, cash = (json.loads(line)["answer"] for line in ANSWERS)
    undo = f"/owner/cash/{cash['cash_id']}/undo"
    for key, path, answer, location in (
        ("k" * 36, "/owner/charges", charge, f"/owner/charges/{charge['order_id']}"),
        ("l" * 36, "/owner/cash", cash, f"/owner?venue={HOUSE}&cash={cash['cash_id']}"),
        ("m" * 36, undo, cash, f"/owner?venue={cash['venue_id']}&cash={cash['cash_id']}"),
    ):
        body = f"idempotency_key={key}&venue={HOUSE}&amount=350k".encode()
        fingerprint = Key.of(key, "POST", path, body).fingerprint
        stored_as = "INSERT INTO idempotency (key, fingerprint, response) VALUES ($1, $2, $3)"
        await house.pool.execute(stored_as, key, fingerprint, json.dumps(answer).encode())
        again = await post(phone, path, key, venue=HOUSE, amount="350k")
        assert (again.status_code, again.headers["location"]) == (303, location)
    assert await house.said() == []


async def test_an_order_of_ticketing_is_no_charge_to_look_at(house: House) -> None:
    order = placed_order(HOUSE, 600_000, house.now[0])
    await house.unit.run(alone(open_intents), order)
    assert (await house.browser(HOUSE).get(f"/owner/charges/{order.order_id}")).status_code == 404


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "amount_unreadable"),
        ("-5", "amount_unreadable"),
        ("1e6", "amount_unreadable"),
        ("٣٠٠٠", "amount_unreadable"),
        ("2.5k", "amount_unreadable"),
        ("350,5", "amount_unreadable"),
        ("1999", "amount_too_small"),
        ("500000001", "amount_too_large"),
    ],
)
async def test_an_amount_that_cannot_be_charged_is_said_on_the_form(house: House, typed: str, code: str) -> None:
    answer = await post(house.browser(HOUSE), "/owner/charges", venue=HOUSE, amount=typed)
    assert answer.status_code == 422
    assert translate(f"errors.{code}", "en") in answer.text
    assert f'value="{typed}"' in answer.text
    assert await house.said() == []


async def test_cash_takes_two_taps_and_is_booked_and_told_once(house: House) -> None:
    phone, key = house.browser(HOUSE), str(uuid4())
    assert "Received 120.000\u00a0₫" in (await phone.get("/owner/cash", params={"amount": "120.000"})).text
    for _ in range(2):
        assert (await post(phone, "/owner/cash", key, venue=HOUSE, amount="120000")).status_code == 303
    assert await house.booked() == [("cash_recorded", "cash", 120_000)]
    told = await house.said()
    assert [(e["type"], e["status"], e["version"], e["tender"]) for e in told] == [
        ("payments.cash_recorded.v1", "recorded", 1, "cash")
    ]


async def test_undone_cash_has_its_mirror_in_the_books_and_a_second_version(house: House) -> None:
    phone = house.browser(HOUSE)
    cash_id = await cash_of(phone)
    house.now[0] += timedelta(seconds=59)
    assert "Undo" in (await phone.get(f"/owner?cash={cash_id}")).text
    for _ in range(2):
        assert (await post(phone, f"/owner/cash/{cash_id}/undo")).status_code == 303
    assert await house.booked() == [("cash_recorded", "cash", 120_000), ("cash_undone", "cash_sales", 120_000)]
    assert [(e["status"], e["version"]) for e in await house.said()] == [("recorded", 1), ("undone", 2)]
    assert shown((await phone.get("/owner")).text, "total") == "0 ₫"
    assert all(finding.ok for finding in await verify_books(house.pool))


async def test_cash_is_undone_by_ten_taps_at_once_only_once(house: House) -> None:
    phone = house.browser(HOUSE)
    cash_id = await cash_of(phone)
    answers = await asyncio.gather(*(post(phone, f"/owner/cash/{cash_id}/undo") for _ in range(10)))
    assert {answer.status_code for answer in answers} == {303}
    assert len(await house.booked()) == 2


async def test_cash_stays_after_a_minute_and_for_other_venues(house: House) -> None:
    phone = house.browser(HOUSE)
    cash_id = await cash_of(phone)
    assert (await post(house.browser(OTHER), f"/owner/cash/{cash_id}/undo")).status_code == 404
    house.now[0] += timedelta(seconds=60)
    assert (await post(phone, f"/owner/cash/{cash_id}/undo")).status_code == 409
    assert len(await house.booked()) == 1


async def test_the_day_adds_up_settled_transfers_and_cash_of_today_and_here(house: House) -> None:
    phone = house.browser(HOUSE)
    await cash_of(phone, "900k")
    house.now[0] += timedelta(days=1) - timedelta(hours=2)
    await house.pay(await charged(house.browser(OTHER), at=OTHER), 350_000)
    phone = house.browser(HOUSE)
    assert shown((await phone.get("/owner")).text, "share") == "None yet"
    await house.pay(await charged(phone), 350_000)
    await house.pay(await charged(phone), 100_000)
    await cash_of(phone, "50000")
    page = (await phone.get("/owner")).text
    assert (shown(page, "total"), shown(page, "share")) == ("400.000 ₫", "87.5%")
    assert page.count("Charged by QR") == 1
    assert page.count("Paid in part") == 1


async def test_the_day_tells_by_itself_what_came_by_transfer_each_time_by_its_own_id(house: House) -> None:
    phone = house.browser(HOUSE)
    before, rest = await charged(phone, "100k"), await charged(phone, "350k")
    await house.pay(before, 100_000)
    page = (await phone.get("/owner")).text
    known = told_by(page, "received")
    async with asyncio.timeout(LIMIT_S), phone.stream("GET", "/api/owner/live") as answer:
        heard = states(answer)
        first = await anext(heard)
        assert (first["shows"], [one["transfer_id"] for one in came(first)]) == (told_by(page, "shows"), [known])
        await house.pay(rest, 300_000)
        partial = await anext(heard)
        await house.pay(rest, 70_000)
        over = await anext(heard)
    assert [one["amount_vnd"] for one in came(partial)] == [300_000, 100_000]
    assert [one["amount_vnd"] for one in came(over)] == [50_000, 300_000, 100_000]
    assert len({one["transfer_id"] for one in came(over)}) == 3
    page = (await phone.get("/owner")).text
    assert (told_by(page, "shows"), shown(page, "total")) == (over["shows"], "450.000 ₫")


async def test_cash_and_its_undoing_change_the_day_and_bring_no_transfer(house: House) -> None:
    phone = house.browser(HOUSE)
    async with asyncio.timeout(LIMIT_S), phone.stream("GET", "/api/owner/live") as answer:
        heard = states(answer)
        seen = [await anext(heard)]
        cash_id = await cash_of(phone)
        seen.append(await anext(heard))
        await post(phone, f"/owner/cash/{cash_id}/undo")
        seen.append(await anext(heard))
    assert len({str(state["shows"]) for state in seen}) == 3
    assert [came(state) for state in seen] == [[], [], []]


async def test_money_of_another_venue_and_money_that_pays_nothing_are_not_told(house: House) -> None:
    phone, other = house.browser(HOUSE), house.browser(OTHER)
    order_id = await charged(phone)
    await house.pay(await charged(other, at=OTHER), 350_000)
    await house.pay(order_id, 350_000)
    await house.pay(order_id, 350_000)
    async with asyncio.timeout(LIMIT_S), phone.stream("GET", "/api/owner/live") as answer:
        assert [one["amount_vnd"] for one in came(await anext(states(answer)))] == [350_000]


async def test_money_of_more_than_an_hour_ago_is_no_news_any_more(house: House) -> None:
    phone = house.browser(HOUSE)
    await house.pay(await charged(phone), 350_000)
    house.now[0] += timedelta(hours=1, seconds=1)
    assert told_by((await phone.get("/owner")).text, "received") == ""


async def test_an_owner_without_a_venue_has_no_day_to_see(house: House) -> None:
    for path in ("/owner", "/api/owner/live"):
        assert (await house.browser().get(path)).status_code == 403


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_every_page_holds_in_both_languages_without_inline_code(house: House, language: str) -> None:
    phone = house.browser(HOUSE)
    order_id, cash_id = await charged(phone), await cash_of(phone)
    for path in (
        f"/owner?cash={cash_id}",
        f"/owner/charges/{order_id}",
        "/owner/cash?amount=5k",
        "/owner/cash?amount=x",
    ):
        page = await phone.get(path, headers={"accept-language": language})
        assert f'<html lang="{language}"' in page.text
        assert page.headers["cache-control"] == "private, no-store"
        assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]* (src=|type=\"application/json\"))", page.text)
