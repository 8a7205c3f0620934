"""The supervisor starts its parts, keeps them up, and never leaves one behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.paths import ROOT
from deploy.local.process import living_pid, started_ticks, wait_until
from tests.support.ports import free_ports

Starter = subprocess.Popen[str]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Starter]]:
    """Start the stub system, and return once it says that it is ready."""
    ports = [str(port) for port in free_ports(2)]
    starters: list[Starter] = []

    def started() -> Starter:
        command = [sys.executable, "-m", "tests.support.stub_system", str(tmp_path), *ports]
        starter = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        starters.append(starter)
        assert starter.stdout is not None
        assert any(line.strip() == "ready" for line in starter.stdout)
        return starter

    yield started
    for starter in starters:
        starter.kill()
        starter.wait()
        assert starter.stdout is not None
        starter.stdout.close()
    wait_until(lambda: not living_parts(tmp_path), 10, "the stubs end")


def living_parts(folder: Path) -> list[int]:
    return [pid for pid_file in folder.glob("*.pid") if (pid := living_pid(pid_file)) is not None]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_ends_it_leaves_no_part_running(
    start: Callable[[], Starter], tmp_path: Path, number: signal.Signals
) -> None:
    starter = start()
    parts = living_parts(tmp_path)
    assert len(parts) == 2

    starter.send_signal(number)

    assert starter.wait(20) == 0
    assert [pid for pid in parts if started_ticks(pid) is not None] == []


def test_a_second_ctrl_c_does_not_leave_parts_behind(start: Callable[[], Starter], tmp_path: Path) -> None:
    starter = start()
    parts = living_parts(tmp_path)

    starter.send_signal(signal.SIGINT)
    starter.send_signal(signal.SIGINT)

    assert starter.wait(20) == 0
    assert [pid for pid in parts if started_ticks(pid) is not None] == []


def test_parts_end_with_a_starter_that_is_killed(start: Callable[[], Starter], tmp_path: Path) -> None:
    starter = start()
    parts = living_parts(tmp_path)

    starter.kill()

    wait_until(lambda: all(started_ticks(pid) is None for pid in parts), 10, "the parts end")


def test_a_system_whose_starter_was_killed_starts_again(start: Callable[[], Starter], tmp_path: Path) -> None:
    start().kill()

    start()

    assert len(living_parts(tmp_path)) == 2


def test_a_part_that_dies_is_started_again_and_said_so(start: Callable[[], Starter], tmp_path: Path) -> None:
    starter = start()
    first = tmp_path / "first.pid"
    died = living_pid(first)
    assert died is not None

    os.kill(died, signal.SIGKILL)

    wait_until(lambda: living_pid(first) not in {None, died}, 15, "the part is back")
    assert starter.stdout is not None
    assert "first stopped; starting it again in 1 s" in starter.stdout.readline()


def test_a_process_that_got_the_pid_of_a_dead_part_is_left_alone(start: Callable[[], Starter], tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        ticks = started_ticks(stranger.pid)
        assert ticks is not None
        (tmp_path / "first.pid").write_text(f"{stranger.pid} {ticks - 1}\n", encoding="ascii")

        start()

        assert stranger.poll() is None
        stranger.kill()
