"""A request of each route as our own clients send it, about things of one venue made for it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import cast
from uuid import uuid4

import httpx

from services.ticketing.people.domain import Actor, hash_of_token
from services.ticketing.people.store import insert_invitation
from services.ticketing.people.usecases.phones import MakePairingCode, make_pairing_code
from shared.clock import local_date, utc_now
from shared.money import Dong
from shared.passes.auth import GATE, OFFICE, OWNER, Role
from shared.qr.vietqr import TransferQr, encode
from shared.web.i18n import Language
from tests.support.doors_table import Row
from tests.support.doors_world import PASSWORD, PIN, VENUE, World

COOKIES = {"gate": GATE, "owner": OWNER, "office": OFFICE}
_PRODUCT = f"{VENUE}-entry"
_QR = encode(TransferQr(bank_bin="970418", account="000000000001", amount_vnd=Dong(75_000), memo="HG4K7P2M9E LUNGCU"))


@dataclass(slots=True)
class Sample:
    """One request; `body` is sent as JSON or as a form, `key` with it where the row asks for one."""

    row: Row
    path: str
    query: dict[str, str]
    body: dict[str, object] | None
    key: str = field(default_factory=lambda: str(uuid4()))
    accept: str = ""
    language: Language = "en"

    async def send(self, world: World, cookies: Mapping[str, str], *, once: bool = True) -> httpx.Response:
        """once: False leaves out what keeps the change from happening twice."""
        headers = {
            "accept": self.accept or ("application/json" if self.row.is_api else "text/html"),
            "cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        }
        body: object = self.body
        if once and self.row.once == "key":
            if self.row.is_api:
                headers["idempotency-key"] = self.key
            else:
                body = {**(self.body or {}), "idempotency_key": self.key}
        if not once:
            body = _without(self.row.once, body)
        async with world.browser(self.row.service, language=self.language) as browser:
            return await browser.request(
                self.row.method,
                self.path,
                params=self.query,
                headers=headers,
                json=body if self.row.is_api else None,
                data=None if self.row.is_api else cast("Mapping[str, str]", body),
            )


async def sample_of(world: World, row: Row) -> Sample:
    """A new one each time: what it changes is there to be changed."""
    names = re.findall(r"\{(\w+)\}", row.path)
    values = {name: await _thing(world, name, row) for name in names}
    body = await _body_of(world, row) if row.method == "POST" else None
    return Sample(row, row.path.format_map(values), _query_of(row), body)


async def _thing(world: World, name: str, row: Row) -> str:
    """The id of something at VENUE, made now."""
    match name:
        case "venue_id":
            return VENUE
        case "token":
            answer = await _asked(world, Row("ticketing", "POST", "/api/orders", "-", frozenset(), None, "key", 201))
            return str(answer.json()["token"])
        case "order_id":
            answer = await _asked(world, _payments("/owner/charges"))
            return answer.headers["location"].rpartition("/")[2]
        case "cash_id":
            answer = await _asked(world, _payments("/owner/cash"))
            return answer.headers["location"].rpartition("=")[2]
        case "person_id":
            return str(await world.add_person("gate", VENUE))
        case "device_id":
            return str(await world.add_phone("gate", VENUE))
        case "session_id":
            return str(uuid4())
        case _:
            raise AssertionError(f"{row}: no sample of {name}")


def _payments(path: str) -> Row:
    return Row("payments", "POST", path, "owner", frozenset({"owner"}), None, "key", 303)


async def _asked(world: World, row: Row) -> httpx.Response:
    sample = await sample_of(world, row)
    answer = await sample.send(world, {OWNER: world.token(world.issued(Role.OWNER))})
    assert answer.status_code == row.answer, answer.text
    return answer


def _query_of(row: Row) -> dict[str, str]:
    match row.path:
        case "/owner/cash" if row.method == "GET":
            return {"amount": "5.000"}
        case "/api/gate/manifest" | "/api/gate/live":
            return {"venue_id": VENUE}
        case _:
            return {}


async def _body_of(world: World, row: Row) -> dict[str, object]:
    """What stands in the table below, and the secrets that open a door once."""
    name = row.path.rpartition("}")[2] or row.path
    body = _bodies(world)[name]
    match name:
        case "/pair":
            return {**body, "code": await _pairing_code(world)}
        case "/sign-in/invitation":
            return {**body, "token": await _invitation(world)}
        case "/api/gate/pin":
            return {**body, "person_id": str(await world.add_person("gate", VENUE))}
        case _:
            return body


def _bodies(world: World) -> dict[str, dict[str, object]]:
    """By the path, or by what stands behind the id in it."""
    now, tomorrow = utc_now().isoformat(), str(local_date(utc_now()) + timedelta(days=1))
    order = {"product_id": _PRODUCT, "visit_on": tomorrow}
    scan: dict[str, object] = {"scan_id": str(uuid4()), "code": "no ticket", "occurred_at": now}
    login = uuid4().hex
    return {
        "/orders": {**order, "count_adult": "1"},
        "/api/orders": {**order, "order_id": str(uuid4()), "counts": {"adult": 1}},
        "/api/gate/scans": {"venue_id": VENUE, "scans": [scan]},
        "/api/gate/short-codes": {"venue_id": VENUE, "short_code": "4K7P-2M9A-BR"},
        "/api/gate/pin": {"old": PIN, "new": PIN[::-1]},
        "/api/gate/undo": {"scan_id": str(uuid4()), "occurred_at": now},
        "/sign-in": {"login": str(world.people[Role.MANAGER]), "password": PASSWORD},
        "/sign-in/owner": {"person_id": str(world.people[Role.OWNER]), "pin": PIN},
        "/sign-in/invitation": {"login": login, "display_name": "Hoa", "password": PASSWORD},
        "/sign-out": {"door": "office"},
        "/pair": {"name": "Gate 1"},
        "/manage/people": {"login": login, "display_name": "Lan", "role": "gate", "venues": VENUE, "pin": PIN},
        "/manage/phones/codes": {"pair": f"venue:{VENUE}"},
        "/secrets": {"pin": PIN},
        "/rename": {"name": "Gate 2"},
        "/revoke": {},
        "/cancel": {},
        "/owner/charges": {"venue": VENUE, "amount": "350.000"},
        "/owner/cash": {"venue": VENUE, "amount": "350.000"},
        "/undo": {},
        "/end": {},
        "/account/sessions/end-others": {},
        "/account/owner/sessions/end-others": {},
        "/account/owner/pin": {"old": PIN, "new": PIN, "again": PIN},
        "/account/password": {"old": PASSWORD, "new": "short"},
        "/bank/pay": {"qr": _QR, "amount": "75.000"},
    }


async def _pairing_code(world: World) -> str:
    command = MakePairingCode(world.people[Role.OPERATOR], Actor("operator", ()), venue_id=VENUE)
    return (await world.services["ticketing"].unit.run(make_pairing_code, command)).code


async def _invitation(world: World) -> str:
    token = uuid4().hex
    async with world.services["ticketing"].unit.pool.acquire() as connection:
        await insert_invitation(connection, hash_of_token(token), utc_now() + timedelta(hours=1))
    return token


def _without(name: str, value: object) -> object:
    """A body without a field, also in the lists within it."""
    match value:
        case dict():
            fields = cast("dict[str, object]", value)
            return {key: _without(name, inner) for key, inner in fields.items() if key != name}
        case list():
            return [_without(name, inner) for inner in cast("list[object]", value)]
        case _:
            return value
