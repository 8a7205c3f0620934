"""A service as a process: its roles come up, end in good order, and never hide that one of them died."""

import asyncio
import json
import signal
from pathlib import Path

import httpx
import pytest

from shared.events.ticketing import VenueChanged
from shared.events.topics import TICKETING_EVENTS
from shared.kafka.producer import Outgoing, Producer
from tests.support.ports import free_ports
from tests.support.small_process import SmallService
from tests.support.spine import Spine, change_venue, running
from tests.support.waiting import until


@pytest.fixture
def service(spine: Spine, tmp_path: Path) -> SmallService:
    return SmallService(spine, tmp_path)


async def answers(port: str, status: int) -> bool:
    async with httpx.AsyncClient(trust_env=False) as client:
        try:
            return (await client.get(f"http://127.0.0.1:{port}/health/ready")).status_code == status
        except httpx.TransportError:
            return False


async def heard(spine: Spine) -> int:
    return int(await spine.speaker.unit.pool.fetchval("SELECT count(*) FROM heard"))


async def heard_all(spine: Spine, number: int) -> bool:
    return await heard(spine) == number


async def put_aside(spine: Spine) -> bool:
    pool = spine.speaker.unit.pool
    return bool(await pool.fetchval("SELECT count(*) = 1 FROM put_aside"))


@pytest.mark.slow
async def test_a_process_with_all_roles_finishes_what_it_began_when_it_is_told_to_stop(
    spine: Spine, service: SmallService
) -> None:
    port = str(*free_ports(1))
    process = service.start("run", TICKETING_PORT=port)
    await until(lambda: answers(port, 200))
    for number in range(200):
        await spine.speaker.unit.run(change_venue, f"venue-{number % 10}")
    assert await process.is_told(signal.SIGTERM) == 0
    assert await spine.unsent(spine.speaker) == 0

    again = service.start("consume", TICKETING_PORT="0")
    await until(again.has_started)
    await until(lambda: heard_all(spine, 200))
    assert await again.is_told(signal.SIGINT) == 0
    assert await heard(spine) == 200


@pytest.mark.slow
async def test_separate_roles_do_together_what_one_process_does(spine: Spine, service: SmallService) -> None:
    names = ("serve", "consume", "relay")
    roles = [service.start(role, INSTANCE_ID=role, TICKETING_PORT="0") for role in names]
    for role in roles:
        await until(role.has_started)
    await spine.speaker.unit.run(change_venue, "lung-cu")
    await until(lambda: heard_all(spine, 1))
    assert await asyncio.gather(*(role.is_told(signal.SIGTERM) for role in roles)) == [0, 0, 0]
    # Only who has pages does what they need; elsewhere each change would be read for nobody.
    assert [name for name, role in zip(names, roles, strict=True) if "watching" in role.said.read_text()] == ["serve"]


@pytest.mark.slow
@pytest.mark.parametrize("role", ["consume", "relay"])
async def test_a_role_without_pages_tells_its_health_too(service: SmallService, role: str) -> None:
    port = str(*free_ports(1))
    process = service.start(role, TICKETING_PORT=port)
    await until(lambda: answers(port, 200))
    async with httpx.AsyncClient(trust_env=False, base_url=f"http://127.0.0.1:{port}") as client:
        assert "outbox_unsent_events" in (await client.get("/metrics")).text
        assert (await client.get("/")).status_code == 404
    assert await process.is_told(signal.SIGTERM) == 0


async def test_a_role_that_dies_ends_the_process_with_1(service: SmallService) -> None:
    code, output = await service.run("run", DIE="now", TICKETING_PORT="0")
    assert code == 1
    assert "told to die" in output


async def test_commands_answer_and_exit(spine: Spine, service: SmallService) -> None:
    await spine.speaker.unit.run(change_venue, "lung-cu")
    await spine.speaker.unit.pool.execute("TRUNCATE unsent")
    assert await service.run("migrate") == (0, "")
    assert await service.run("dead-letters", "list") == (0, "")
    assert await service.run("outbox", "resend", "--since", "2020-01-01T00:00:00Z") == (
        0,
        '{"events_to_send_again": 1}\n',
    )
    assert await service.run("echo", "a", "b") == (3, "a b\n")
    code, usage = await service.run("--help")
    assert (code, "echo" in usage, "dead-letters" in usage) == (0, True, True)


async def test_a_dead_letter_is_one_line_of_json_whatever_stands_in_it(spine: Spine, service: SmallService) -> None:
    topic, forged = spine.speaker.settings.topic_prefix + TICKETING_EVENTS.name, 'a b\nforged {"ce_id": "x"}'
    headers = {"ce_id": forged, "ce_type": VenueChanged.TYPE}
    producer = Producer(spine.cluster.kafka_bootstrap)
    assert await producer.send([Outgoing(1, topic, "lung-cu", b"{", headers)]) == [1]
    await producer.close()
    async with running(spine.speaker.relay(), spine.speaker.consumer()):
        await until(lambda: put_aside(spine))
    code, listed = await service.run("dead-letters", "list")
    assert code == 0
    [letter] = [json.loads(line) for line in listed.splitlines()]
    assert (letter["ce_id"], letter["reason"], letter["settled"]) == (forged, "broken_contract", None)
    code, replayed = await service.run("dead-letters", "replay", forged, "of-nobody")
    assert code == 1
    assert [json.loads(line) for line in replayed.splitlines()] == [
        {"ce_id": forged, "place": letter["place"], "outcome": "broken_contract"},
        {"name": "of-nobody", "outcome": "not_found"},
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["serve", "now"],
        ["migrate", "back"],
        ["dead-letters", "replay"],
        ["outbox", "resend", "--since", "yesterday"],
        ["outbox", "resend", "--since", "2026-02-17T08:00:00"],
        ["outbox", "resend", "--since", "0001-01-01T00:00:00+07:00"],
    ],
)
async def test_a_command_used_wrongly_does_nothing_and_ends_with_2(service: SmallService, arguments: list[str]) -> None:
    assert await service.run(*arguments) == (2, "")


async def test_a_setting_that_makes_no_sense_ends_with_2(service: SmallService) -> None:
    assert await service.run("run", PROFILE="holiday") == (2, "")


async def test_a_command_without_its_database_or_broker_ends_with_3(service: SmallService) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    assert await service.run("outbox", "resend", "--since", "2020-01-01T00:00:00Z", TICKETING_DATABASE_URL=nowhere) == (
        3,
        "",
    )
    assert await service.run("dead-letters", "list", TICKETING_DATABASE_URL=nowhere) == (3, "")
