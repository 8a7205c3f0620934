"""What analytics reads of an event: the counted fields, refused exactly as their contract refuses them."""

from collections.abc import Callable, Mapping
from datetime import UTC
from uuid import UUID

import msgspec
import pytest
from aiokafka import ConsumerRecord, TopicPartition
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from services.analytics.stream.batch import Batch, Polled
from services.analytics.stream.counted import Counted, CountedCash, CountedIntent, CountedRefund, CountedScan
from services.analytics.stream.facts import Payment, read
from shared.errors import Poison
from shared.events import BY_TYPE
from shared.events.common import Event
from shared.events.payments import (
    CashRecorded,
    IntentCancelled,
    IntentOpened,
    PaymentPartial,
    PaymentRefunded,
    PaymentSettled,
)
from shared.events.ticketing import AdmissionUndone, OrderPlaced, TicketAdmitted
from tests.support.analytics_stage import Sale, scan

READ_AS: Mapping[type[Event], type[Counted]] = {
    IntentOpened: CountedIntent,
    PaymentPartial: CountedIntent,
    PaymentSettled: CountedIntent,
    IntentCancelled: CountedIntent,
    PaymentRefunded: CountedRefund,
    CashRecorded: CountedCash,
    TicketAdmitted: CountedScan,
    AdmissionUndone: CountedScan,
}
SALE = Sale(payment_id=UUID(int=5))
SAID: list[Event] = [
    SALE.opened(),
    SALE.settled(),
    SALE.cancelled(),
    SALE.refunded(refunded_vnd=1),
    SALE.cash(),
    scan(UUID(int=7), 1, 2),
    scan(UUID(int=7), 2, 2, undone=True),
]
STRANGE: list[object] = [
    *(None, -1, 0, 10**13, 10**13 + 1, 2**63, 2**80, 1.5, True, "", "x", [], {}, {"venue_id": "tower"}),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-12:00", "2026-11-24T05:00:00", "2026-02-30"),
    *(str(UUID(int=0)), "settled", "recorded", "cash", "gate", "state_fee"),
]


def fields_of(struct: type[Struct]) -> dict[str, tuple[object, bool]]:
    return {field.name: (field.type, field.required) for field in msgspec.structs.fields(struct)}


@pytest.mark.parametrize(("contract", "counted"), READ_AS.items())
def test_a_counted_field_is_what_its_contract_says(contract: type[Event], counted: type[Counted]) -> None:
    said = fields_of(contract)
    assert {name: said[name] for name in fields_of(counted)} == fields_of(counted)


@st.composite
def bent(draw: st.DrawFn) -> tuple[type[Event], bytes]:
    """An event of which one counted field is strange or missing."""
    event = draw(st.sampled_from(SAID))
    body = msgspec.json.decode(msgspec.json.encode(event), type=dict[str, object])
    name = draw(st.sampled_from(sorted(fields_of(READ_AS[type(event)]))))
    if draw(st.booleans()):
        body[name] = draw(st.sampled_from(STRANGE))
    else:
        del body[name]
    return type(event), msgspec.json.encode(body)


@given(bent())
def test_what_the_contract_refuses_of_a_counted_field_is_refused_with_the_same_words(
    said: tuple[type[Event], bytes],
) -> None:
    contract, body = said
    assert answer_of(read, contract.TYPE, body, 0) == answer_of(read_whole, contract, body)


def read_whole(contract: type[Event], body: bytes) -> None:
    """All of an event, as its contract has it."""
    try:
        event = msgspec.json.decode(body, type=contract)
        for at in (event.occurred_at, event.recorded_at):
            at.astimezone(UTC)
    except (msgspec.MsgspecError, OverflowError) as error:
        raise Poison("broken_contract", str(error)) from error
    if event.version > 2**62:
        raise Poison("broken_contract", "version or text that the database cannot hold")


def answer_of(reader: Callable[..., object], *asked: object) -> str:
    try:
        reader(*asked)
    except Poison as poison:
        return f"{poison.reason}: {poison.detail}"
    return "read"


def test_what_nobody_counts_may_be_broken() -> None:
    body = msgspec.json.decode(msgspec.json.encode(SALE.settled()), type=dict[str, object])
    fact = read(PaymentSettled.TYPE, msgspec.json.encode(body | {"lines": None, "qr_payload": 7}), 0)
    assert isinstance(fact, Payment)
    assert fact == read(PaymentSettled.TYPE, msgspec.json.encode(body), 0)
    for end in (b"", b',"of_later":', b',"of_later":tru', b',"of_later":{"a":1'):
        with pytest.raises(Poison):
            read(PaymentSettled.TYPE, msgspec.json.encode(body)[:-1] + end, 0)


def test_an_event_of_ours_that_is_not_counted_is_passed_over_unread() -> None:
    uncounted = [kind for kind in BY_TYPE if kind.startswith(("ticketing.order", "payments.transfer"))]
    assert OrderPlaced.TYPE in uncounted
    assert {read(kind, b"{", 0) for kind in uncounted} == {None}


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ([], "missing_type"),
        ([("ce_type", None)], "missing_type"),
        ([("ce_type", b"")], "missing_type"),
        ([("ce_type", b"x" * 201)], "missing_type"),
        ([("ce_id", b"1"), ("ce_type", b""), ("ce_type", PaymentSettled.TYPE.encode())], "missing_type"),
        ([("ce_type", b"\xff\0"), ("ce_type", PaymentSettled.TYPE.encode())], None),
        ([("ce_id", b"1"), ("ce_type", PaymentSettled.TYPE.encode()), ("ce_type", b"")], "counted"),
    ],
)
def test_the_first_type_that_a_record_names_is_its_type(headers: list[tuple[str, bytes]], reason: str | None) -> None:
    body = msgspec.json.encode(SALE.settled())
    record = ConsumerRecord("test.payments.events", 1, 9, 0, 0, b"k", body, None, 1, len(body), headers)
    batch = Batch()
    batch.add(Polled({TopicPartition("test.payments.events", 1): [record]}, "test."))
    said = [fault.reason for _, fault in batch.faults] + ["counted"] * len(batch.payments)
    assert said == ([] if reason is None else [reason])
    assert batch.unknown == (reason is None)
    assert {message.place for message, _ in batch.faults} <= {"payments.events/1/9"}
