"""A process consumes under a name that it has alone: the second says so and ends, and nobody is locked out for good."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process

from tests.support.spine import Side, Spine, change_venue, environment_of, running
from tests.support.waiting import PATIENCE_S, until

NAME = "payments-0"


async def test_a_second_process_of_one_name_does_not_start_and_says_why(spine: Spine) -> None:
    side = spine.speaker
    async with running(side.relay()):
        first = await _start(side)
        await _say_and_hear(side, 1)
        members = await side.members()

        second = await _start(side)
        complaint = await _end_of(second)
        assert second.returncode == 2
        assert complaint == (
            f"INSTANCE_ID is '{NAME}', and so it is of another process that consumes for ticketing now:"
            " give each a name of its own\n"
        )
        await _say_and_hear(side, 2)
        assert await side.members() == members, "nobody threw the first out"

        # A name is held by a session, and sessions end, as does the one by which processes wake each other.
        pid = await _holder(side)
        await side.unit.pool.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name IN ('ticketing-name', 'waker')"
        )
        await until(lambda: _has_another_holder(side, pid))
        await _say_and_hear(side, 3)
        assert await side.members() == members
        first.send_signal(signal.SIGTERM)
        await _end_of(first)
        assert first.returncode == 0


async def test_a_process_that_was_killed_starts_again_under_its_name_and_takes_over_what_it_had(spine: Spine) -> None:
    side = spine.speaker
    async with running(side.relay()):
        killed = await _start(side)
        await _say_and_hear(side, 1)
        killed.kill()
        await _end_of(killed)

        again = await _start(side)
        await _say_and_hear(side, 2)
        assert len(await side.members()) == 1
        again.send_signal(signal.SIGTERM)
        await _end_of(again)
        assert again.returncode == 0


async def _start(side: Side) -> Process:
    environment = os.environ | environment_of(side.settings) | {"INSTANCE_ID": NAME, "TICKETING_PORT": "0"}
    command = (sys.executable, "-m", "tests.support.small_service", "consume")
    return await asyncio.create_subprocess_exec(*command, env=environment, stdout=PIPE, stderr=PIPE)


async def _end_of(process: Process) -> str:
    """What it said on standard error."""
    async with asyncio.timeout(PATIENCE_S):
        _, complaint = await process.communicate()
    return complaint.decode()


async def _say_and_hear(side: Side, number: int) -> None:
    await side.unit.run(change_venue, "lung-cu")
    await until(lambda: _has_heard(side, number))


async def _has_heard(side: Side, number: int) -> bool:
    return int(await side.unit.pool.fetchval("SELECT count(*) FROM heard")) == number


async def _holder(side: Side) -> int | None:
    """The session that has a process' name."""
    held = (
        "SELECT pid FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE datname = current_database() AND application_name = 'ticketing-name'"
        " AND locktype = 'advisory' AND granted"
    )
    pid: int | None = await side.unit.pool.fetchval(held)
    return pid


async def _has_another_holder(side: Side, pid: int | None) -> bool:
    return await _holder(side) not in (None, pid)
