"""The payer's bank app, as a page: read a VietQR text, change amount and memo if you like, and pay.

It keeps nothing: a payment's identifiers come from its key, so sending a form again never pays twice.
"""

import random
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from deploy.simulator.bank import Bank, BankAway
from deploy.simulator.noise import bank_noise
from deploy.simulator.transfers import Payment, Transfer, book
from shared.clock import Clock
from shared.errors import DomainError
from shared.ids import uuid7
from shared.money import AmountUnreadable, Dong, read_amount
from shared.passes.auth import allow_anyone
from shared.qr.banks import BANKS
from shared.qr.vietqr import TransferQr, VietQrRefused, decode
from shared.unit.idempotency import IdempotencyConflict, Key
from shared.web.app import OnceKey
from shared.web.pages import Pages
from shared.web.problems import wants_page
from shared.web.security_headers import Opening

_AMOUNT_LIMIT_VND = 500_000_000
_MEMO_LIMIT = 140
_KEYS_KEPT = 10_000


class AmountRefused(DomainError):
    """The amount typed is nothing, or more than a bank app sends at once."""

    code = "bank_amount_refused"


@dataclass(slots=True)
class Counter:
    """What the page needs; `app.py` puts it into `app.state.counter`. `paid` remembers the last payments by key."""

    bank: Bank
    pages: Pages
    clock: Clock
    paid: OrderedDict[str, tuple[bytes, Transfer]] = field(default_factory=OrderedDict[str, tuple[bytes, Transfer]])


async def _counter_of(request: Request) -> Counter:
    counter = request.app.state.counter
    assert isinstance(counter, Counter)
    return counter


CounterDep = Annotated[Counter, Depends(_counter_of)]
router = APIRouter(dependencies=[Depends(allow_anyone)])
OPENINGS = (Opening("/bank", camera=True),)


class PayForm(BaseModel):
    """`amount` as people write it."""

    qr: Annotated[str, Field(max_length=600)]
    amount: Annotated[str, Field(max_length=30)]
    memo: Annotated[str, Field(max_length=_MEMO_LIMIT)] = ""


@router.get("/bank")
async def get_bank(request: Request, counter: CounterDep, qr: str = "") -> Response:
    """The empty form, or what a QR text asks for, ready to be changed and paid."""
    text = qr.strip()
    if not text:
        return counter.pages.render(request, "bank/scan.html", typed="", error=None)
    try:
        asked = decode(text)
    except VietQrRefused as error:
        return counter.pages.render(request, "bank/scan.html", status=error.status, typed=qr[:600], error=error)
    amount = "" if asked.amount_vnd is None else str(asked.amount_vnd)
    form = PayForm(qr=text, amount=amount, memo=asked.memo or "")
    return _confirm(request, asked, form)


@router.post("/bank/pay")
async def post_pay(request: Request, counter: CounterDep, form: Annotated[PayForm, Form()], key: OnceKey) -> Response:
    """Pays, once per key; the answer says what the receiving bank will write."""
    text = form.qr.strip()
    try:
        asked = decode(text)
    except VietQrRefused as error:
        if not wants_page(request):
            raise
        return counter.pages.render(request, "bank/scan.html", status=error.status, typed=text, error=error)
    try:
        payment = Payment.of(asked, _amount(form.amount), form.memo)
        transfer = await _pay(counter, payment, key)
    except (AmountUnreadable, AmountRefused, BankAway) as error:
        if not wants_page(request):
            raise
        # Kafka may have it already: the key stays, so that paying again is the same payment.
        again = key.value if isinstance(error, BankAway) else ""
        return _confirm(request, asked, form, error=error, key=again)
    if not wants_page(request):
        return JSONResponse({"bank_reference": transfer.bank_reference, "amount_vnd": payment.amount_vnd})
    bank_name = BANKS[asked.bank_bin].name
    return counter.pages.render(request, "bank/paid.html", transfer=transfer, asked=asked, bank_name=bank_name)


def _amount(typed: str) -> Dong:
    amount_vnd = read_amount(typed)
    if not 0 < amount_vnd <= _AMOUNT_LIMIT_VND:
        raise AmountRefused(limit_vnd=_AMOUNT_LIMIT_VND)
    return amount_vnd


async def _pay(counter: Counter, payment: Payment, key: Key) -> Transfer:
    known = counter.paid.get(key.value)
    if known is not None:
        if known[0] != key.fingerprint:
            raise IdempotencyConflict
        return known[1]
    now = counter.clock()
    transfer = book(payment, key.value, bank_noise(payment.memo, random.Random(key.value)), now)
    await counter.bank.tell(transfer, now)
    counter.paid[key.value] = key.fingerprint, transfer
    if len(counter.paid) > _KEYS_KEPT:
        counter.paid.popitem(last=False)
    return transfer


def _confirm(
    request: Request,
    asked: TransferQr,
    form: PayForm,
    *,
    error: DomainError | None = None,
    key: str = "",
) -> Response:
    counter = request.app.state.counter
    assert isinstance(counter, Counter)
    return counter.pages.render(
        request,
        "bank/confirm.html",
        status=200 if error is None else error.status,
        asked=asked,
        bank_name=BANKS[asked.bank_bin].name,
        form=form,
        error=error,
        key=key or str(uuid7()),
        memo_limit=_MEMO_LIMIT,
    )
