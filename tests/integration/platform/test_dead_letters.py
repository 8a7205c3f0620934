"""What cannot be handled is put aside whole, goes on waiting for a person, and never holds up what comes behind it."""

from datetime import timedelta

from shared.errors import DataFault
from shared.events.ticketing import VenueChanged
from shared.events.topics import BANK_TRANSFERS, TICKETING_EVENTS
from shared.kafka.dead_letters import measure
from shared.kafka.handler import EventHandler, Raw
from shared.observe.metrics import DEAD_LETTERS_OPEN
from shared.unit import dead_letters
from shared.unit.batch import each
from tests.support.odd_messages import send
from tests.support.spine import Spine, change_venue, hear_venue, heard_at_least, running, say
from tests.support.waiting import until


async def test_poison_goes_to_the_dead_letters_and_later_events_pass(spine: Spine) -> None:
    hearer = spine.hearer
    await send(spine, TICKETING_EVENTS, b"{", {"ce_id": "broken", "ce_type": VenueChanged.TYPE})
    await send(spine, TICKETING_EVENTS, b"{}", {"ce_id": "untyped"})
    await send(spine, TICKETING_EVENTS, b"{}", {"ce_id": "unknown", "ce_type": "ticketing.of_later.v9"})
    async with running(spine.speaker.relay(), hearer.consumer()):
        await say(spine, "lung-cu")
        await until(lambda: heard_at_least(spine, 1))
    letters = await hearer.letters()
    assert [(letter.ce_id, letter.reason, letter.payload) for letter in letters] == [
        ("broken", "broken_contract", b"{"),
        ("untyped", "missing_type", b"{}"),
    ]
    assert {letter.topic for letter in letters} == {TICKETING_EVENTS.name}
    assert await spine.unsent(hearer) == 0, "nothing of it is said on Kafka"


async def test_a_message_at_the_size_limit_is_put_aside_whole(spine: Spine) -> None:
    value, key = b"x" * 548_000, b"\xff" * 500_000
    await send(spine, TICKETING_EVENTS, value, {"ce_id": "huge", "ce_type": VenueChanged.TYPE}, key=key)
    async with running(spine.hearer.consumer()):
        await until(lambda: spine.hearer.has_put_aside(1))
    [letter] = await spine.hearer.letters()
    assert (letter.ce_id, letter.payload, letter.key) == ("huge", value, key)


async def test_a_dead_letter_is_replayed_once_after_the_mistake_is_mended(spine: Spine) -> None:
    hearer = spine.hearer
    await hearer.unit.pool.execute("INSERT INTO refuse VALUES ('lung-cu')")
    async with running(spine.speaker.relay(), hearer.consumer()):
        await say(spine, "lung-cu")
        await say(spine, "dong-van")
        await until(lambda: heard_at_least(spine, 1))
        await until(lambda: hearer.has_put_aside(1))
    [letter] = await hearer.letters()
    assert (letter.reason, letter.settled_how) == ("unexpected", None)
    box = hearer.dead_letters.box
    assert await box.replay([letter]) == ["unexpected"]
    await hearer.unit.pool.execute("DELETE FROM refuse")

    # Two people at once, and one of them a second time.
    outcomes = [await box.replay([letter]), await box.replay([letter]), await box.replay(await box.find(letter.place))]

    assert outcomes == [["done"], ["done_before"], ["done_before"]]
    assert [letter.settled_how for letter in await hearer.letters()] == ["replayed"]
    assert await box.newest() == []
    assert await spine.heard() == [("dong-van", 1), ("lung-cu", 1)]


async def test_a_late_duplicate_of_a_replayed_event_does_nothing(spine: Spine) -> None:
    hearer = spine.hearer
    await hearer.unit.pool.execute("INSERT INTO refuse VALUES ('lung-cu')")
    async with running(spine.speaker.relay(), hearer.consumer()):
        await say(spine, "lung-cu")
        await until(lambda: hearer.has_put_aside(1))
        await hearer.unit.pool.execute("DELETE FROM refuse")
        await hearer.dead_letters.box.replay(await hearer.letters())
        await spine.speaker.unit.pool.execute("INSERT INTO unsent SELECT seq FROM outbox ON CONFLICT DO NOTHING")
        await say(spine, "dong-van")
        await until(lambda: heard_at_least(spine, 2))
    assert await spine.heard() == [("lung-cu", 1), ("dong-van", 1)]
    assert len(await hearer.letters()) == 1


async def test_a_letter_is_settled_once_with_a_reason_and_the_audit_knows(spine: Spine) -> None:
    hearer = spine.hearer
    await send(spine, TICKETING_EVENTS, b"{", {"ce_id": "broken", "ce_type": VenueChanged.TYPE})
    async with running(hearer.consumer()):
        await until(lambda: hearer.has_put_aside(1))
    letters, box = await hearer.letters(), hearer.dead_letters.box
    assert [await box.settle(letters, "a test of the bank's"), await box.settle(letters, "again")] == [
        ["done"],
        ["done_before"],
    ]
    assert await box.replay(await hearer.letters()) == ["done_before"]
    [letter] = await hearer.letters()
    assert (letter.settled_how, letter.settled_why) == ("decided", "a test of the bank's")
    audit = await hearer.unit.pool.fetch("SELECT action, subject, detail ->> 'reason' AS why FROM audit")
    assert [tuple(row) for row in audit] == [("dead_letter_settled", letter.place, "a test of the bank's")]


async def test_an_identifier_that_comes_again_with_another_content_is_a_fault_to_show(spine: Spine) -> None:
    """Whether the first was handled or put aside; the same content again is a duplicate and says nothing."""
    hearer = spine.hearer
    headers = {"ce_id": "one", "ce_type": VenueChanged.TYPE}
    for body in (b"{", b"{", b"[", b"["):
        await send(spine, TICKETING_EVENTS, body, headers)
    await say(spine, "lung-cu")
    async with running(spine.speaker.relay(), hearer.consumer()):
        await until(lambda: heard_at_least(spine, 1))
        [said] = await hearer.unit.pool.fetch("SELECT ce_id FROM inbox WHERE ce_id NOT LIKE 'one%'")
        told = await spine.speaker.unit.pool.fetchval("SELECT payload FROM outbox WHERE id = $1::text::uuid", said[0])
        await send(spine, TICKETING_EVENTS, told.replace(b"lung-cu", b"lung-xx"), headers | {"ce_id": said["ce_id"]})
        await send(spine, TICKETING_EVENTS, told, headers | {"ce_id": said["ce_id"]})
        await until(lambda: hearer.has_put_aside(3))
        await say(spine, "dong-van")
        await until(lambda: heard_at_least(spine, 2))
    assert [(letter.payload, letter.reason) for letter in await hearer.letters()] == [
        (b"{", "broken_contract"),
        (b"[", "broken_contract"),
        (told.replace(b"lung-cu", b"lung-xx"), "repeated_id"),
    ]
    assert len(await spine.heard()) == 2


async def test_a_feed_may_use_an_identifier_twice_and_both_messages_count(spine: Spine) -> None:
    hearer = spine.hearer
    raw = Raw(
        BANK_TRANSFERS.name, {"bank.sepay_transfer.v1": lambda message: message.value.decode()}, each(change_venue)
    )
    consumer = hearer.consumer(EventHandler(hearer.unit, {}, raw), topic=BANK_TRANSFERS.name)
    headers = {"ce_id": "sepay-12345", "ce_type": "bank.sepay_transfer.v1"}
    for body in (b"\xff", b"lung-cu", b"lung-cu", b"dong-van"):
        await send(spine, BANK_TRANSFERS, body, headers)
    await send(spine, BANK_TRANSFERS, b"lung-cu", {"ce_id": "b", "ce_type": "bank.other.v1"})
    async with running(consumer):
        await until(lambda: hearer.has_put_aside(2))
    venues = await hearer.unit.pool.fetch("SELECT venue_id, version FROM venue ORDER BY 1")
    assert [tuple(row) for row in venues] == [("dong-van", 1), ("lung-cu", 1)]
    assert [letter.reason for letter in await hearer.letters()] == ["broken_contract", "unknown_type"]


async def test_whose_money_it_is_stands_in_the_letter(spine: Spine) -> None:
    class Transfer:
        account, amount_vnd = "0451000123456", 180_000

    async def refuse(*_: object) -> list[None]:
        raise DataFault("unknown_account")

    hearer = spine.hearer
    raw = Raw(BANK_TRANSFERS.name, {"bank.sepay_transfer.v1": lambda _message: Transfer()}, refuse)
    handler = EventHandler(hearer.unit, {VenueChanged.TYPE: each(hear_venue)}, raw)
    hearer.dead_letters = type(hearer.dead_letters)(hearer.unit, handler)
    await send(spine, BANK_TRANSFERS, b"", {"ce_id": "a", "ce_type": "bank.sepay_transfer.v1"})
    async with running(hearer.consumer(handler, topic=BANK_TRANSFERS.name)):
        await until(lambda: hearer.has_put_aside(1))
    [letter] = await hearer.letters()
    assert (letter.reason, letter.last_digits, letter.amount_vnd) == ("unknown_account", "3456", 180_000)


async def test_the_gauge_is_true_after_a_restart_and_after_a_command(spine: Spine) -> None:
    hearer = spine.hearer
    for number in range(3):
        await send(spine, TICKETING_EVENTS, b"{", {"ce_id": f"broken-{number}", "ce_type": VenueChanged.TYPE})
    async with running(hearer.consumer()):
        await until(lambda: hearer.has_put_aside(3))
    DEAD_LETTERS_OPEN.clear()
    await measure(hearer.unit.pool)
    assert _gauge() == {"broken_contract": 3}
    await hearer.dead_letters.box.settle(await hearer.letters(), "seen")
    await measure(hearer.unit.pool)
    assert _gauge() == {}


async def test_a_raw_message_is_forgotten_after_90_days_and_its_line_stays(spine: Spine) -> None:
    hearer = spine.hearer
    for name in ("old", "young"):
        await send(spine, TICKETING_EVENTS, b"{", {"ce_id": name, "ce_type": VenueChanged.TYPE})
    async with running(hearer.consumer()):
        await until(lambda: hearer.has_put_aside(2))
    pool = hearer.unit.pool
    await pool.execute("UPDATE put_aside SET at = at - $1::interval WHERE ce_id = 'old'", timedelta(days=91))
    async with pool.acquire() as connection:
        await dead_letters.forget_old(connection)
    old, young = await hearer.letters()
    assert (old.payload, old.headers, old.key, old.reason) == (None, None, None, "broken_contract")
    assert young.payload == b"{"
    assert await hearer.dead_letters.box.replay([old]) == ["only_in_the_log"]


def _gauge() -> dict[str, float]:
    [family] = DEAD_LETTERS_OPEN.collect()
    return {sample.labels["reason"]: sample.value for sample in family.samples}
