"""What is kept of a request that is done once: enough to answer it again, nothing for who reads the database."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import msgspec
import pytest

from shared.passes.auth import GATE
from shared.unit.idempotency import IdempotencyConflict, Key, Once
from shared.unit.tx import Tx
from tests.support.cluster import Cluster
from tests.support.doors_house import MANAGER, House, new_code, open_house, post
from tests.support.earlier_release import contents

SECRET = "what only the caller may hear"


@pytest.fixture
async def house(cluster: Cluster) -> AsyncIterator[House]:
    async with open_house(cluster) as opened:
        yield opened


@dataclass(frozen=True, slots=True)
class Told:
    secret: str
    times: int


class Deed:
    """A use-case that says how often it was done."""

    def __init__(self) -> None:
        self.times = 0

    async def __call__(self, _tx: Tx, secret: str, _now: datetime) -> Told:
        self.times += 1
        return Told(secret, self.times)


def once(value: str, body: bytes = b"the same") -> Once[Told]:
    return Once(Key.of(value, "POST", "/api/orders", body), Told)


async def kept(house: House) -> str:
    """Every row of every table, as whoever has a dump reads it."""
    return "\n".join(row for rows in (await contents(house.pool)).values() for row in rows)


async def test_the_database_tells_neither_a_pairing_code_nor_the_key_of_a_request(house: House) -> None:
    desk, key = await house.office(MANAGER), str(uuid4())
    code = await new_code(desk)
    await post(house.browser(), "/pair", key, code=code, name="Gate 1")
    dump = await kept(house)
    assert "Gate 1" in dump
    assert not [secret for secret in (code, code.replace("-", ""), key) if secret in dump]


async def test_a_request_is_done_once_and_answered_again_by_its_key_alone(house: House) -> None:
    deed, key = Deed(), str(uuid4())
    for _ in range(2):
        assert await house.unit.run(deed, SECRET, once=once(key)) == Told(SECRET, 1)
    with pytest.raises(IdempotencyConflict):
        await house.unit.run(deed, SECRET, once=once(key, b"another"))
    assert deed.times == 1
    assert SECRET not in await kept(house)
    # The key as the database has it is no key, even for the same request.
    stolen = str(await house.pool.fetchval("SELECT key FROM idempotency WHERE response IS NOT NULL ORDER BY at DESC"))
    with pytest.raises(IdempotencyConflict):
        await house.unit.run(deed, SECRET, once=once(stolen))


async def test_what_the_release_before_answered_in_clear_is_answered_and_not_done_again(house: House) -> None:
    deed, asked = Deed(), once(str(uuid4()))
    answer = msgspec.json.encode(Told(SECRET, 7))
    stored_as = "INSERT INTO idempotency (key, fingerprint, response) VALUES ($1, $2, $3)"
    await house.pool.execute(stored_as, asked.key.value, asked.key.fingerprint, answer)
    assert await house.unit.run(deed, SECRET, once=asked) == Told(SECRET, 7)
    assert deed.times == 0


async def test_the_request_that_paired_a_phone_makes_no_pass_once_a_code_would_have_ended(house: House) -> None:
    key = str(uuid4())
    form = {"code": await new_code(await house.office(MANAGER)), "name": "Gate 1"}
    assert (await post(house.browser(), "/pair", key, **form)).status_code == 303
    house.now[0] += timedelta(minutes=9)
    assert (await post(house.browser(), "/pair", key, **form)).cookies.get(GATE) is not None
    house.now[0] += timedelta(minutes=1)
    late = await post(house.browser(), "/pair", key, **form)
    assert (late.status_code, late.cookies.get(GATE)) == (404, None)
