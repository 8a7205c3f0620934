"""The door by which who stands at a gate changes the own PIN, under the phone's pass: staff have none of their own."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from services.ticketing.people.api.account import AccountDep
from services.ticketing.people.api.doors import without_secrets
from services.ticketing.people.domain import HashedPin, hash_pin, is_pin
from services.ticketing.people.usecases.own_pin import ChangePinAtGate, TryPinAtGate, require_new_pin
from services.ticketing.people.usecases.passwords import QUEUE
from shared.ids import DeviceId, PersonId
from shared.passes.auth import GATE, Allow, Pass, Role
from shared.unit.idempotency import Once
from shared.web.addresses import client_address
from shared.web.app import OnceKey
from shared.web.thin import as_json

_Text = Annotated[str, Field(max_length=200)]
PhonePass = Annotated[Pass, Depends(Allow(GATE, Role.DEVICE))]


class PinBody(BaseModel):
    person_id: UUID
    old: _Text
    new: _Text


router = APIRouter()


@router.post("/api/gate/pin")
async def post_pin_at_gate(
    request: Request,
    phone: PhonePass,
    body: PinBody,
    doors: AccountDep,
    key: OnceKey,
) -> Response:
    """The new PIN as this phone checks it. Asked again after a lost answer it is answered again."""
    require_new_pin(body.old, body.new, body.new)
    person_id = PersonId(body.person_id)
    with QUEUE.place(client_address(request)):
        tried = await doors.try_pin_at_gate(TryPinAtGate(person_id, DeviceId(phone.subject_id), phone.venues))
        fits = await QUEUE.turn(is_pin, body.old, tried.pin)
        pin = await QUEUE.turn(hash_pin, body.new)
    # Also for a PIN that does not fit: that may be because this very request was done before.
    command = ChangePinAtGate(person_id, phone.venues, tried.pin if fits else None, pin, tried.left)
    told = without_secrets(key, request, str(person_id))
    return as_json({"pin": await doors.change_pin_at_gate(command, once=Once(told, HashedPin))})
