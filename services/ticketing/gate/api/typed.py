"""The door for typed short codes: which ticket of the phone's venue one stands for. The phone then decides as ever."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.responses import Response

from services.ticketing.gate.api.doors import GateDep, PhonePass, venue_of
from services.ticketing.gate.usecases.find_typed import TypedCode
from shared.web.thin import as_json

router = APIRouter()


class TypedBody(BaseModel):
    short_code: Annotated[str, Field(max_length=60)]
    venue_id: str | None = None


@router.post("/api/gate/short-codes")
async def post_short_code(phone: PhonePass, body: TypedBody, doors: GateDep) -> Response:
    """The ticket as its QR would tell of it, or null: a list that a phone keeps proves no short code."""
    ticket = await doors.find_typed(TypedCode(body.short_code, venue_of(doors, phone, body.venue_id)))
    return as_json({"ticket": ticket})
