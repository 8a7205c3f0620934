"""Visitors, payers and gates from outside: they know our doors over HTTP and the bank's topic, and never give up."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Protocol, TypeVar
from uuid import UUID

import asyncpg
import httpx
import msgspec

from deploy.simulator.bank import Bank, BankAway
from deploy.simulator.transfers import Payment, Transfer
from deploy.simulator.transfers import book as book_transfer
from services.ticketing.people.domain import Device
from services.ticketing.people.store import insert_device
from shared.clock import local_date, utc_now
from shared.ids import DeviceId, PersonId, uuid7
from shared.keys.files import PASS_KEYS, load_keys
from shared.money import Dong
from shared.passes.auth import GATE, Pass, Role, sign_pass
from shared.qr.banks import find_bin

T = TypeVar("T")
_AGAIN_S = 0.3
_PATIENCE_S = 150.0
ENTRIES = ("cot-co-lung-cu-entry", "nha-vuong-sa-phin-entry", "hang-lung-khuy-entry", "bao-tang-tinh-ha-giang-entry")


class OrderState(msgspec.Struct, frozen=True):
    """What a visitor's page is told, as far as it is needed here."""

    order_id: str
    token: str
    venue_id: str
    status: str
    total_vnd: int
    paid_vnd: int
    ready: bool
    tickets: list["SeenTicket"]
    reference: str | None = None
    bank_name: str | None = None
    account_number: str | None = None


class SeenTicket(msgspec.Struct, frozen=True):
    ticket_id: str
    code: str


class Placed(msgspec.Struct, frozen=True):
    order_id: str
    token: str
    total_vnd: int


class ScanAnswer(msgspec.Struct, frozen=True):
    scan_id: str
    verdict: str


class ScanAnswers(msgspec.Struct, frozen=True):
    answers: list[ScanAnswer]


class Running(Protocol):
    """A system whose gates can be given phones."""

    @property
    def secrets(self) -> Path: ...

    def database_url(self, service: str) -> str: ...


@dataclass(slots=True)
class Gates:
    """A paired phone for every venue, by venue."""

    cookies: dict[str, str] = field(default_factory=dict[str, str])

    @classmethod
    async def pair(cls, system: Running, venues: list[str]) -> "Gates":
        """Phones as pairing leaves them."""
        key = load_keys(system.secrets, PASS_KEYS).signer
        gates = cls()
        connection = await asyncpg.connect(system.database_url("ticketing"))
        try:
            paired_by = PersonId(await connection.fetchval("SELECT person_id FROM persons LIMIT 1"))
            for venue_id in venues:
                device_id, now = DeviceId(uuid7()), utc_now()
                device = Device(
                    device_id=device_id, kind="gate", venues=(venue_id,), name=f"gate of {venue_id}", paired_at=now
                )
                await insert_device(connection, device, paired_by)
                until = now + timedelta(days=1)
                issued = Pass(device_id, Role.DEVICE, (venue_id,), "", device_id, now - timedelta(minutes=1), until)
                gates.cookies[venue_id] = f"{GATE}={sign_pass(issued, key)}"
        finally:
            await connection.close()
        return gates


@dataclass(slots=True)
class Buyers:
    """Our clients, who ask again under the same name until they are answered."""

    http: httpx.AsyncClient
    bank: Bank
    gates: Gates

    async def order(self, product_id: str, adults: int) -> Placed:
        order_id = str(uuid7())
        body = msgspec.json.encode(
            {
                "order_id": order_id,
                "product_id": product_id,
                "visit_on": local_date(utc_now()).isoformat(),
                "counts": {"adult": adults},
            }
        )
        headers = {"Idempotency-Key": order_id, "Content-Type": "application/json"}
        answer = await self.until_answered(lambda: self.http.post("/api/orders", content=body, headers=headers))
        assert answer.status_code == 201, answer.text
        return msgspec.json.decode(answer.content, type=Placed)

    async def state(self, token: str) -> OrderState:
        answer = await self.until_answered(lambda: self.http.get(f"/api/orders/{token}"))
        assert answer.status_code == 200, answer.text
        return msgspec.json.decode(answer.content, type=OrderState)

    async def becomes(self, token: str, wanted: Callable[[OrderState], bool], every_s: float = _AGAIN_S) -> OrderState:
        """The order's state once it is as wanted."""
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                state = await self.state(token)
                if wanted(state):
                    return state
                await asyncio.sleep(every_s)

    async def tell(self, transfer: Transfer) -> None:
        """Returns once the bank's topic has it; told again, with a new event, until then."""
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                try:
                    return await self.bank.tell(transfer, utc_now())
                except BankAway:
                    await asyncio.sleep(_AGAIN_S)

    async def scan(self, venue_id: str, code: str, scan_id: UUID) -> ScanAnswer:
        """The gate's answer to a scan that the phone let in."""
        body = msgspec.json.encode(
            {"scans": [{"scan_id": scan_id, "code": code, "occurred_at": utc_now(), "verdict": "admit"}]}
        )
        headers = {"Cookie": self.gates.cookies[venue_id], "Content-Type": "application/json"}
        answer = await self.until_answered(lambda: self.http.post("/api/gate/scans", content=body, headers=headers))
        assert answer.status_code == 200, answer.text
        [one] = msgspec.json.decode(answer.content, type=ScanAnswers).answers
        return one

    async def until_answered(self, ask: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
        """An answer that is the server's word: no lost connection, no 5xx."""
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                try:
                    answer = await ask()
                    if answer.status_code < 500:
                        return answer
                except httpx.TransportError:
                    pass
                await asyncio.sleep(_AGAIN_S)


def transfer_for(state: OrderState, amount_vnd: int, name: str, memo: str | None = None) -> Transfer:
    """The transfer of this name, as the payer's bank would tell of it."""
    assert state.account_number is not None
    bank_bin = find_bin(state.bank_name or "") or "970418"
    payment = Payment(bank_bin, state.account_number, Dong(amount_vnd), memo or state.reference or "")
    return book_transfer(payment, name, f"MBVCB.{payment.memo}.CT tu 0000", utc_now())
