"""Answers to requests are kept for seven days, so what an older release kept is still given after a new one."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from services.ticketing.people.usecases.people import AddedPerson
from services.ticketing.people.usecases.phones import MadeCode, Paired
from services.ticketing.sales.usecases.cancel_order import CancelledOrder
from services.ticketing.sales.usecases.place_orders import PlacedOrder
from shared.ids import OrderId
from shared.money import Dong

KEPT: dict[str, str] = json.loads((Path(__file__).parent / "kept_before.json").read_text(encoding="utf-8"))
ORDER = OrderId(UUID("0199a1b2-0000-7000-8000-000000000001"))
SOMEBODY = UUID("0199a1b2-0000-7000-8000-0000000000a1")
ANSWERS: dict[str, object] = {
    "POST /api/orders": PlacedOrder(
        ORDER, "a-token", Dong(160_000), datetime(2026, 2, 17, 1, 27, 3, 250_000, tzinfo=UTC), ticketed=False
    ),
    "POST /orders/{token}/cancel": CancelledOrder(ORDER, "cancelled"),
    "POST /manage/people": AddedPerson(SOMEBODY),
    "POST /manage/people/{person_id}/revoke": True,
    "POST /manage/phones/codes": MadeCode(
        "ABCD-EFGH-JK", "gate", ("cot-co-lung-cu",), datetime(2026, 2, 17, 1, 12, 3, 250_000, tzinfo=UTC)
    ),
    "POST /pair": Paired(SOMEBODY, "owner", ("a", "b")),
}


@pytest.mark.parametrize("route", KEPT)
def test_an_answer_kept_by_the_release_before_is_given_by_this_one(route: str) -> None:
    assert msgspec.json.decode(KEPT[route], type=type(ANSWERS[route])) == ANSWERS[route]
