"""One evening in the life of a release, told through its public doors, with everything that may happen to money."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import cast
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from deploy.simulator.transfers import Payment, book
from shared.clock import local_date, utc_now
from shared.ids import uuid7
from shared.money import Dong
from tests.support.release_doors import Json, Town, Visitor

TOWER, PALACE = "cot-co-lung-cu-entry", "nha-vuong-sa-phin-entry"
CAVE = "hang-lung-khuy-entry"
SEPAY = "bank.sepay_transfer.v1"
_OVER = "UPDATE orders SET hold_until = now(), expires_at = now() - interval '2 minutes' WHERE order_id = $1"
_LATE = "UPDATE intents SET expires_at = now() - interval '2 minutes' WHERE order_id = $1"
_FULL = "UPDATE days SET capacity = held + sold WHERE product_id = $1 AND day = $2"
_BILL = "SELECT bank_bin || ' ' || account_number || ' ' || reference FROM intents WHERE order_id = $1"


@dataclass(frozen=True, slots=True)
class Order:
    order_id: UUID
    token: str
    total_vnd: int


async def play_sales(town: Town) -> dict[str, list[Json]]:
    """Every way in which an order may go; the tickets that the gates will see, by whose they are."""
    visitor = Visitor(town)
    family = await _order(visitor, TOWER, {"adult": 2, "child": 1})
    await _pay_exactly(town, family)
    by_form = await _order_by_form(visitor)
    await _pay_exactly(town, by_form)
    group = await _order(visitor, TOWER, {"adult": 5}, ticket_mode="group")
    await _pay_exactly(town, group)
    await _order(visitor, TOWER, {"disability_very_severe": 2})
    stay = await _order(visitor, "lang-lo-lo-chai-stay", {"guest": 2}, nights=2, ticket_mode="group")
    await _pay_exactly(town, stay)
    await _play_odd_money(town, visitor)
    await _play_given_up(town, visitor)
    await _play_late(town, visitor)
    # Two stay open: nobody has paid, and somebody has paid in part.
    await _is_payable(town, await _order(visitor, PALACE, {"adult": 1}))
    part = await _order(visitor, CAVE, {"adult": 2})
    await _pay(town, part.order_id, 40_000)
    await _becomes(visitor, part, "amount_state", "partial")
    orders = {"family": family, "form": by_form, "group": group}
    return {name: await _tickets(visitor, order) for name, order in orders.items()}


async def _play_odd_money(town: Town, visitor: Visitor) -> None:
    """In two parts, too much, twice, without a code, to nobody's account, and told again with another amount."""
    halves = await _order(visitor, PALACE, {"adult": 2})
    await _pay(town, halves.order_id, 15_000)
    await _becomes(visitor, halves, "amount_state", "partial")
    await _pay(town, halves.order_id, 25_000)
    await _becomes(visitor, halves, "status", "ticketed")
    over = await _order(visitor, PALACE, {"adult": 1, "child": 1})
    await _pay(town, over.order_id, over.total_vnd + 5_000)
    await _is_suspended(town, "surplus")
    await _pay(town, over.order_id, over.total_vnd)
    await _is_suspended(town, "paid_again")
    before = await _suspended(town)
    await _pay(town, over.order_id, 70_000, memo="Chuc cac chu khoe")
    await town.until("money without a code is suspended", lambda: _are_suspended(town, before + 1))
    await _pay(town, over.order_id, 60_000, name="told twice", memo="tien ve")
    await town.until("more money without a code is suspended", lambda: _are_suspended(town, before + 2))
    await _pay(town, over.order_id, 61_000, name="told twice", memo="tien ve")
    stranger = Payment("970418", "9999999999", Dong(45_000), "tien nha")
    await tell_bank(town, book(stranger, str(uuid7()), stranger.memo, utc_now()).sepay_body(), stranger.account)


async def _play_given_up(town: Town, visitor: Visitor) -> None:
    """Cancelled unpaid, and cancelled after a part was paid, with the rest coming all the same."""
    unpaid = await _order(visitor, CAVE, {"adult": 1})
    await visitor.submit(f"/orders/{unpaid.token}/cancel")
    part = await _order(visitor, CAVE, {"adult": 1})
    await _pay(town, part.order_id, 20_000)
    await _becomes(visitor, part, "amount_state", "partial")
    await visitor.submit(f"/orders/{part.token}/cancel")
    await _is_suspended(town, "order_cancelled")
    before = await _suspended(town)
    await _pay(town, part.order_id, 30_000)
    await town.until("the rest is suspended too", lambda: _are_suspended(town, before + 1))


async def _play_late(town: Town, visitor: Visitor) -> None:
    """Expired for good, paid late while there are places, and paid late when the day is full."""
    tomorrow = 1
    gone = await _order(visitor, PALACE, {"adult": 3})
    lucky = await _order(visitor, PALACE, {"adult": 1})
    unlucky = await _order(visitor, CAVE, {"adult": 1}, in_days=tomorrow)
    for order in (gone, lucky, unlucky):
        await _is_payable(town, order)
        await town.change("ticketing", _OVER, order.order_id)
        await town.change("payments", _LATE, order.order_id)
        await _becomes(visitor, order, "status", "expired")
        await _has_status(town, order.order_id, "expired")
    await _pay(town, lucky.order_id, lucky.total_vnd)
    await _becomes(visitor, lucky, "status", "ticketed")
    await town.change("ticketing", _FULL, CAVE, local_date(utc_now()) + timedelta(days=tomorrow))
    await _pay(town, unlucky.order_id, unlucky.total_vnd)
    await _becomes(visitor, unlucky, "status", "unfulfilled")
    await _is_suspended(town, "late_no_places")


async def play_owners(town: Town, operator: Visitor) -> None:
    """Charges paid, paid in part and unpaid; cash, and cash taken back; at one homestay and at the second of two."""
    for person_id, pin, venues in (
        ("01a20f5a-ebd8-7630-a9f7-a1c25765db6d", "330101", ["meo-vac-clay-house"]),
        ("01a20f5a-ebd8-7fe6-9bb9-0eb71d2623a2", "330303", ["lang-lo-lo-chai", "lang-then-pa"]),
    ):
        phone = await pair(operator, f"owner:{person_id}", "Điện thoại chủ nhà")
        await phone.submit("/sign-in/owner", [("person_id", person_id), ("pin", pin)])
        for venue in venues:
            await _play_homestay(town, phone, venue)


async def _play_homestay(town: Town, phone: Visitor, venue: str) -> None:
    def amount(text: str) -> list[tuple[str, str]]:
        return [("venue", venue), ("amount", text)]

    paid, part, _ = [await phone.submit("/owner/charges", amount(text)) for text in ("350.000", "120k", "80000")]
    await _pay(town, _id_in(paid), 350_000)
    await _pay(town, _id_in(part), 50_000)
    await _has_status(town, _id_in(paid), "settled")
    await _has_status(town, _id_in(part), "partial")
    await phone.submit("/owner/cash", amount("150.000"))
    mistaken = await phone.submit("/owner/cash", amount("15.000"))
    cash_id = parse_qs(urlsplit(mistaken).query)["cash"][0]
    await phone.submit(f"/owner/cash/{cash_id}/undo")


async def play_people(town: Town, desk: Visitor) -> None:
    """Somebody is added and gets another PIN, somebody else is revoked, and a second operator accepts an invitation."""
    ids: list[str] = []
    for login, name in (("gate-evening", "Soát vé ca tối"), ("gate-leaving", "Người nghỉ việc")):
        told = [("login", login), ("display_name", name), ("role", "gate"), ("venues", "cot-co-lung-cu")]
        location = await desk.submit("/manage/people", [*told, ("pin", "493817")])
        ids.append(parse_qs(urlsplit(location).query)["who"][0])
    await desk.submit(f"/manage/people/{ids[0]}/secrets", [("pin", "715926")])
    await desk.submit(f"/manage/people/{ids[1]}/revoke")
    token = "an-invitation-of-that-evening"
    # The answer to a used invitation may be asked for as long as the invitation holds: this one for good.
    await town.change(
        "ticketing",
        "INSERT INTO invitations (token_hash, expires_at) VALUES (sha256($1), '9999-01-01T00:00Z')",
        token.encode(),
    )
    guest = Visitor(town)
    told = [("token", token), ("login", "second-operator"), ("display_name", "Vận hành 2")]
    await guest.submit("/sign-in/invitation", [*told, ("password", "a made-up password")])


async def sign_in(town: Town, login: str, password: str) -> Visitor:
    visitor = Visitor(town)
    await visitor.submit("/sign-in", [("login", login), ("password", password)])
    return visitor


async def pair(desk: Visitor, what: str, name: str) -> Visitor:
    """A phone paired as people do it: a code from the desk, typed on the phone."""
    codes: list[str] = []

    def code_in(page: str) -> list[str]:
        codes.extend(re.findall(r'id="pairing-code">([^<]+)<', page))
        return codes

    await desk.submit("/manage/phones/codes", [("pair", what)], shows=code_in)
    phone = Visitor(desk.town)
    await phone.submit("/pair", [("code", codes[0]), ("name", name)])
    return phone


async def tell_bank(town: Town, body: bytes, account: str, kind: str = SEPAY) -> None:
    """Puts a message on the bank's topic as SePay's adapter does."""
    headers = [("ce_id", str(uuid7())), ("ce_source", "/simulated-bank"), ("ce_specversion", "1.0"), ("ce_type", kind)]
    encoded = [(name, value.encode()) for name, value in headers]
    await town.kafka.send_and_wait("bank.transfers", body, account.encode(), headers=encoded)


async def _order(visitor: Visitor, product: str, counts: Mapping[str, int], in_days: int = 0, **more: object) -> Order:
    order_id = uuid7()
    day = local_date(utc_now()) + timedelta(days=in_days)
    body = {"order_id": str(order_id), "product_id": product, "visit_on": day.isoformat(), "counts": dict(counts)}
    placed = await visitor.post("/api/orders", body | more, str(order_id))
    return Order(order_id, str(placed["token"]), cast("int", placed["total_vnd"]))


async def _order_by_form(visitor: Visitor) -> Order:
    """As the page does it without JavaScript."""
    day = local_date(utc_now()).isoformat()
    fields = [("product_id", PALACE), ("visit_on", day), ("count_adult", "1"), ("count_child", "2")]
    location = await visitor.submit("/orders", fields)
    token = location.rpartition("/")[2]
    state = await visitor.read(f"/api/orders/{token}")
    return Order(UUID(str(state["order_id"])), token, cast("int", state["total_vnd"]))


async def _pay_exactly(town: Town, order: Order) -> None:
    await _pay(town, order.order_id, order.total_vnd)
    await _becomes(Visitor(town), order, "status", "ticketed")


async def _pay(
    town: Town, order_id: UUID, amount_vnd: int, *, memo: str | None = None, name: str | None = None
) -> None:
    """The bank tells of a transfer for this order or charge, with its code unless there is another memo."""
    found: list[str] = []

    async def is_there() -> bool:
        bill = await town.value("payments", _BILL, order_id)
        found.extend(str(bill).split() if bill else [])
        return bool(found)

    await town.until("there is something to pay", is_there)
    bank_bin, account, reference = found
    payment = Payment(bank_bin, account, Dong(amount_vnd), memo or f"MBVCB.3278907687.{reference}.CT tu 0000")
    transfer = book(payment, name or str(uuid7()), payment.memo, utc_now())
    await tell_bank(town, transfer.sepay_body(), account)


async def _is_payable(town: Town, order: Order) -> None:
    await _becomes(Visitor(town), order, "ready", wanted=True)


async def _becomes(visitor: Visitor, order: Order, name: str, wanted: object) -> None:
    async def is_so() -> bool:
        return (await visitor.read(f"/api/orders/{order.token}"))[name] == wanted

    await visitor.town.until(f"{name} of an order is {wanted}", is_so)


async def _tickets(visitor: Visitor, order: Order) -> list[Json]:
    return cast("list[Json]", (await visitor.read(f"/api/orders/{order.token}"))["tickets"])


async def _is_suspended(town: Town, reason: str) -> None:
    query = "SELECT count(*) FROM suspended_money WHERE reason = $1"
    await town.until(f"money is suspended: {reason}", lambda: town.value("payments", query, reason))


async def _suspended(town: Town) -> int:
    return cast("int", await town.value("payments", "SELECT count(*) FROM suspended_money"))


async def _are_suspended(town: Town, count: int) -> bool:
    return await _suspended(town) == count


async def _has_status(town: Town, order_id: UUID, wanted: str) -> None:
    async def is_so() -> bool:
        return await town.value("payments", "SELECT status FROM intents WHERE order_id = $1", order_id) == wanted

    await town.until(f"an order or charge is {wanted}", is_so)


def _id_in(path: str) -> UUID:
    return UUID(path.rpartition("/")[2])
