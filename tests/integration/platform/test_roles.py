"""A service as a process: its roles come up, end in good order, and never hide that one of them died."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process

import httpx
import pytest

from shared.events.ticketing import VenueChanged
from shared.events.topics import TICKETING_EVENTS
from shared.kafka.producer import Outgoing, Producer
from tests.support.ports import free_ports
from tests.support.spine import Spine, change_venue, environment_of, running
from tests.support.waiting import PATIENCE_S, until


async def start(spine: Spine, *arguments: str, **extra: str) -> Process:
    environment = os.environ | environment_of(spine.speaker.settings) | extra
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.small_service", *arguments, env=environment, stdout=PIPE
    )


async def run(spine: Spine, *arguments: str, **extra: str) -> tuple[int | None, str]:
    process = await start(spine, *arguments, **extra)
    async with asyncio.timeout(PATIENCE_S):
        output, _ = await process.communicate()
    return process.returncode, output.decode()


async def has_started(process: Process) -> None:
    """Returns once the service said so: from then on it heeds signals."""
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        while b'"started"' not in await process.stdout.readline():
            assert process.returncode is None


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
async def test_a_process_with_all_roles_finishes_what_it_began_when_it_is_told_to_stop(spine: Spine) -> None:
    port = str(*free_ports(1))
    process = await start(spine, "run", TICKETING_PORT=port)
    await until(lambda: answers(port, 200))
    for number in range(200):
        await spine.speaker.unit.run(change_venue, f"venue-{number % 10}")
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(PATIENCE_S):
        await process.communicate()
    assert process.returncode == 0
    assert await spine.unsent(spine.speaker) == 0

    again = await start(spine, "consume", TICKETING_PORT="0")
    await has_started(again)
    await until(lambda: heard_all(spine, 200))
    again.send_signal(signal.SIGINT)
    async with asyncio.timeout(PATIENCE_S):
        await again.communicate()
    assert again.returncode == 0
    assert await heard(spine) == 200


@pytest.mark.slow
async def test_separate_roles_do_together_what_one_process_does(spine: Spine) -> None:
    roles = [await start(spine, role, INSTANCE_ID=role, TICKETING_PORT="0") for role in ("serve", "consume", "relay")]
    for role in roles:
        await has_started(role)
    await spine.speaker.unit.run(change_venue, "lung-cu")
    await until(lambda: heard_all(spine, 1))
    for role in roles:
        role.send_signal(signal.SIGTERM)
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*(role.communicate() for role in roles))
    assert [role.returncode for role in roles] == [0, 0, 0]


@pytest.mark.slow
@pytest.mark.parametrize("role", ["consume", "relay"])
async def test_a_role_without_pages_tells_its_health_too(spine: Spine, role: str) -> None:
    port = str(*free_ports(1))
    process = await start(spine, role, TICKETING_PORT=port)
    await until(lambda: answers(port, 200))
    async with httpx.AsyncClient(trust_env=False, base_url=f"http://127.0.0.1:{port}") as client:
        assert "outbox_unsent_events" in (await client.get("/metrics")).text
        assert (await client.get("/")).status_code == 404
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(PATIENCE_S):
        await process.communicate()
    assert process.returncode == 0


async def test_a_role_that_dies_ends_the_process_with_1(spine: Spine) -> None:
    code, output = await run(spine, "run", DIE="now", TICKETING_PORT="0")
    assert code == 1
    assert "told to die" in output


async def test_commands_answer_and_exit(spine: Spine) -> None:
    await spine.speaker.unit.run(change_venue, "lung-cu")
    await spine.speaker.unit.pool.execute("UPDATE outbox SET sent_at = now()")
    assert await run(spine, "migrate") == (0, "")
    assert await run(spine, "dead-letters", "list") == (0, "")
    assert await run(spine, "outbox", "resend", "--since", "2020-01-01T00:00:00Z") == (
        0,
        '{"events_to_send_again": 1}\n',
    )
    assert await run(spine, "echo", "a", "b") == (3, "a b\n")
    code, usage = await run(spine, "--help")
    assert (code, "echo" in usage, "dead-letters" in usage) == (0, True, True)


async def test_a_dead_letter_is_one_line_of_json_whatever_stands_in_it(spine: Spine) -> None:
    topic, forged = spine.speaker.settings.topic_prefix + TICKETING_EVENTS.name, 'a b\nforged {"ce_id": "x"}'
    headers = {"ce_id": forged, "ce_type": VenueChanged.TYPE}
    producer = Producer(spine.cluster.kafka_bootstrap)
    assert await producer.send([Outgoing(1, topic, "lung-cu", b"{", headers)]) == [1]
    await producer.close()
    async with running(spine.speaker.relay(), spine.speaker.consumer()):
        await until(lambda: put_aside(spine))
    code, listed = await run(spine, "dead-letters", "list")
    assert code == 0
    [letter] = [json.loads(line) for line in listed.splitlines()]
    assert (letter["ce_id"], letter["reason"], letter["settled"]) == (forged, "broken_contract", None)
    code, replayed = await run(spine, "dead-letters", "replay", forged, "of-nobody")
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
async def test_a_command_used_wrongly_does_nothing_and_ends_with_2(spine: Spine, arguments: list[str]) -> None:
    assert await run(spine, *arguments) == (2, "")


async def test_a_setting_that_makes_no_sense_ends_with_2(spine: Spine) -> None:
    assert await run(spine, "run", PROFILE="holiday") == (2, "")


async def test_a_command_without_its_database_or_broker_ends_with_3(spine: Spine) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    assert await run(spine, "outbox", "resend", "--since", "2020-01-01T00:00:00Z", TICKETING_DATABASE_URL=nowhere) == (
        3,
        "",
    )
    assert await run(spine, "dead-letters", "list", TICKETING_DATABASE_URL=nowhere) == (3, "")
