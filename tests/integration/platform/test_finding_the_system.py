"""A service's command finds the system itself: this machine's, else docker compose's, or it says where it looked."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from deploy.local.paths import ROOT
from deploy.local.running import told_to_commands
from shared.settings import BY_NAME

AWAY = "127.0.0.1:1"


class Machine:
    """A data folder, and a `docker` that says which containers run and writes down what else it is asked."""

    def __init__(self, folder: Path, *, containers: str) -> None:
        self.data, self.asked = folder / "data", folder / "asked"
        docker = folder / "docker"
        docker.write_text(
            f'#!/bin/sh\nif [ "$2" = ps ]; then echo "{containers}"; exit 0; fi\n'
            f'echo "$@" > {self.asked}; cat >> {self.asked}; echo answered; exit 7\n'
        )
        docker.chmod(0o755)
        self._path = f"{folder}{os.pathsep}{os.environ['PATH']}"

    def run(self, *words: str, said: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        own = {name: value for name, value in os.environ.items() if name not in BY_NAME}
        return subprocess.run(
            ["./run", *words],
            cwd=ROOT,
            env=own | {"PATH": self._path, "MOT_CHAM_DATA": str(self.data)} | environment,
            input=said,
            capture_output=True,
            text=True,
            check=False,
        )


def given(folder: Path) -> dict[str, str]:
    """As `./run up` tells its parts, of stores at which nobody answers."""
    (folder / "secrets").mkdir(parents=True)
    (folder / "secrets" / "payments-postgres-password").write_text("word")
    return {"DATABASE_SERVER": AWAY, "KAFKA_BOOTSTRAP_SERVERS": AWAY, "SECRETS_DIR": str(folder / "secrets")}


def test_the_system_of_this_machine_comes_first_and_a_store_that_is_away_is_named(tmp_path: Path) -> None:
    machine = Machine(tmp_path, containers="payments-consume postgres")
    with told_to_commands(given(machine.data), machine.data / "run"):
        refused = machine.run("payments", "verify")

    assert refused.returncode == 3
    postgres, kafka = refused.stderr.splitlines()
    assert postgres.startswith(f"PostgreSQL does not answer at {AWAY} ")
    assert postgres.endswith("; DATABASE_SERVER or PAYMENTS_DATABASE_URL names another place")
    assert kafka.startswith(f"Kafka does not answer at {AWAY} ")
    assert not machine.asked.exists()


@pytest.mark.parametrize(
    ("containers", "asked"),
    [
        ("payments-consume postgres", "compose exec -T payments-consume python -m services.payments qr"),
        ("kafka postgres", "compose run --rm --no-deps -T payments-consume python -m services.payments qr"),
    ],
    ids=["services run", "prepare holds them up"],
)
def test_else_the_command_runs_in_a_container_with_its_input_output_and_exit_code(
    tmp_path: Path, containers: str, asked: str
) -> None:
    machine = Machine(tmp_path, containers=containers)

    done = machine.run("payments", "qr", said="a line\n")

    assert (done.returncode, done.stdout) == (7, "answered\n")
    assert machine.asked.read_text().splitlines() == [asked, "a line"]


def test_what_a_killed_start_left_behind_is_not_believed(tmp_path: Path) -> None:
    machine = Machine(tmp_path, containers="")
    with told_to_commands(given(machine.data), machine.data / "run"):
        file = machine.data / "run" / "settings.json"
        left = json.loads(file.read_text()) | {"of": [os.getpid(), 1]}
    file.write_text(json.dumps(left))

    refused = machine.run("payments", "verify")

    assert AWAY not in refused.stderr
    assert "Looked for the system: `./run up` is not running" in refused.stderr.splitlines()[-1]
    assert f"{machine.data}, MOT_CHAM_DATA names another folder" in refused.stderr.splitlines()[-1]


def test_a_line_tool_needs_no_system_and_help_asks_nobody(tmp_path: Path) -> None:
    machine = Machine(tmp_path, containers="")

    assert json.loads(machine.run("payments", "references", said="x\n").stdout) == {"memo": "x", "candidates": []}
    assert machine.run("payments", "fly").returncode == 2
    assert not machine.asked.exists()


def test_the_settings_told_to_commands_are_for_their_owner_only_and_go_with_the_system(tmp_path: Path) -> None:
    with told_to_commands({"DATABASE_SERVER": AWAY}, tmp_path):
        file = tmp_path / "settings.json"
        assert file.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == []
