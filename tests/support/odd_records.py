"""Arbitrary records, as nobody would write them on purpose: seeded, so that a failure can be had again."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy as Builder

from shared.events import BY_TYPE
from shared.events.common import Event
from shared.events.ticketing import PersonRevoked, VenueChanged
from shared.ids import PersonId
from tests.support.analytics_stage import Sale, scan, venue

Headers = list[tuple[str, bytes | None]]
_SEPTEMBER_2026_MS = 1_788_000_000_000
_TYPES = [*BY_TYPE, "bank.sepay_transfer.v1"]


@dataclass(frozen=True, slots=True)
class Odd:
    """is_broken: whoever needs events of its type must put it aside."""

    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp_ms: int
    is_broken: bool

    @property
    def ce_type(self) -> str:
        return next(((value or b"").decode(errors="replace") for name, value in self.headers if name == "ce_type"), "")


class _NameOfBytes(str):
    """A header's name that is no UTF-8, as a client written in C can send it."""

    __slots__ = ()

    def encode(self, *_: object, **__: object) -> bytes:
        return b"\xff\xfename"


async def send_undecodable(producer: AIOKafkaProducer, topic: str, partition: int) -> list[int]:
    """Sends a batch of a good record, one whose header's name is no UTF-8, and one behind it; offsets of the two."""
    batch = producer.create_batch()
    batch._builder = Builder(2, 0, 0, -1, -1, 0, 2**20)
    for name in ("plain", _NameOfBytes("odd"), "plain"):
        batch.append(timestamp=_SEPTEMBER_2026_MS, key=b"k", value=b"v", headers=[(name, b"value")])
    sent = await (await producer.send_batch(batch, topic, partition=partition))
    return [sent.offset + 1, sent.offset + 2]


def odd_records(seed: str, number: int, *, dear_every: int) -> Iterator[Odd]:
    """dear_every: how seldom one comes that costs as much as some thousands of others."""
    dice = random.Random(seed)
    samples = _samples()
    for n in range(number):
        dear = n % dear_every == 0
        value, is_json = (_dear_value(dice), True) if dear else _value(dice, samples)
        kind = VenueChanged.TYPE.encode() if dear else _type(dice)
        headers: Headers = [("ce_type", kind)] if kind is not None or dice.random() < 0.5 else []
        if (ce_id := _identifier(dice, n)) is not None:
            headers.append(("ce_id", ce_id))
        headers += _more_headers(dice)
        dice.shuffle(headers)
        yield Odd(
            # aiokafka sends none of which both are missing.
            key=dice.choice(
                [b"" if value is None else None, b"", b"\0", b"\xff" * 300, b"lung-cu", dice.randbytes(20)]
            ),
            value=value,
            headers=headers,
            timestamp_ms=dice.choice([0, 1, _SEPTEMBER_2026_MS, -(10**14), -1_000_000]),
            is_broken=not is_json,
        )


def _key(dice: random.Random, value: bytes | None) -> bytes | None:
    # aiokafka sends no record without both.
    nothing = b"" if value is None else None
    return dice.choice([nothing, b"", b"\0", b"\xff" * 300, b"lung-cu", dice.randbytes(20)])


def _samples() -> Sequence[Event]:
    at, sale = venue().occurred_at, Sale()
    person = PersonRevoked(version=1, occurred_at=at, recorded_at=at, person_id=PersonId(UUID(int=2**100 + 7)))
    return [sale.opened(), sale.settled(), sale.cancelled(), Sale().cash(), venue(), scan(UUID(int=7), 1, 2), person]


def _type(dice: random.Random) -> bytes | None:
    odd = [None, b"", b"\0", b"\xff\xfe", b"ticketing.of_later.v9", b"x" * 9_000]
    return dice.choice(odd) if dice.random() < 0.7 else dice.choice(_TYPES).encode()


def _identifier(dice: random.Random, n: int) -> bytes | None:
    return dice.choice(
        [None, b"", f"odd-{n}".encode(), f"odd-{n % 50}".encode(), dice.randbytes(9_000), b"\0", b"\xff"]
    )


def _more_headers(dice: random.Random) -> Headers:
    names = ["\0", "", "é" * 300, "traceparent", "ce_time", "content-type", "dlq-partition", "n" * 5_000]
    values = [None, b"", b"\0\0", b"\xff" * 20, b"x" * 2_000, b"00-" + b"f" * 32]
    count = dice.choice([0, 0, 1, 2, 5, 200]) if dice.random() < 0.1 else 0
    return [(dice.choice(names), dice.choice(values)) for _ in range(count)]


def _value(dice: random.Random, samples: Sequence[Event]) -> tuple[bytes | None, bool]:
    """A body, and whether it may be read at all."""
    broken: list[bytes | None] = [None, b"", b"{", b"\xff" * 50, b"\0", b"[]", b"nul", dice.randbytes(200)]
    if dice.random() < 0.5:
        return dice.choice(broken), False
    return _bent(dice, msgspec.json.encode(dice.choice(samples))), True


def _bent(dice: random.Random, body: bytes) -> bytes:
    """An event with some field of the strangest."""
    fields = msgspec.json.decode(body, type=dict[str, object])
    strange: list[object] = [
        *(None, -1, 0, 2**63, 2**80, 1.5, True, "", "\0", "x" * 300, [], {}, "0001-01-01T00:00:00+14:00"),
        *("9999-12-31T23:59:59.999999-12:00", "2026-02-30", "\ufffd", str(UUID(int=0)), [[]] * 50),
    ]
    for _ in range(dice.choice([0, 1, 1, 2])):
        fields[dice.choice([*fields, "of_later"])] = dice.choice(strange)
    return msgspec.json.encode(fields)


def _dear_value(dice: random.Random) -> bytes:
    """Deeper than any reader goes, or more than an index takes."""
    body = msgspec.json.encode(venue())
    if dice.random() < 0.5:
        return body[:-1] + b',"of_later":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    # Letters that no packing makes shorter.
    name = "".join(dice.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(9_000))
    return msgspec.json.encode(msgspec.json.decode(body, type=dict[str, object]) | {"venue_id": name})
