"""`./run` says what is wrong in one clear line, and its small commands do what they say."""

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.console import Problem
from deploy.local import up
from deploy.local.__main__ import main
from deploy.local.commands import COMMANDS
from deploy.local.paths import ROOT
from deploy.local.process import Program
from deploy.local.settings import Settings
from deploy.local.vendor import ensure_vendored, vendored_files
from shared.settings import SERVICES
from tests.support.ports import free_ports
from tests.support.stub_system import stub_part


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """`./run` as a person calls it, without what a terminal would add."""
    return subprocess.run(
        ["./run", *arguments], cwd=ROOT, env=os.environ | environ, capture_output=True, text=True, check=False
    )


def exit_code(*words: str) -> int:
    """Of a command that ends before it does anything, in this process: a new one for each would take minutes."""
    try:
        return main(list(words))
    except SystemExit as end:
        return int(end.code or 0)


def _free_ports() -> dict[str, str]:
    """Settings by which every part listens on a port that nobody has."""
    names = [setting.name for _, setting in Settings.read({"PROFILE": "demo"}).listening().values()]
    return {"PROFILE": "demo", **{name: str(port) for name, port in zip(names, free_ports(len(names)), strict=True)}}


def test_run_alone_lists_what_it_can_do_a_line_each() -> None:
    said = run().stdout.splitlines()

    assert [line.split()[1] for line in said] == [*COMMANDS, *SERVICES, "WORD"]


def test_an_unknown_command_is_refused() -> None:
    refused = run("fly")

    assert refused.returncode == 2
    assert refused.stderr.splitlines()[-1] == "unknown command: fly"


def test_help_and_wrong_words_start_and_remove_nothing(tmp_path: Path) -> None:
    (tmp_path / "kept").touch()

    helped, refused = (run(*words, MOT_CHAM_DATA=str(tmp_path)) for words in (("up", "--help"), ("reset", "xyz")))

    assert (helped.returncode, refused.returncode) == (0, 2)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


@pytest.mark.parametrize("word", [*COMMANDS, *SERVICES])
def test_every_command_says_how_it_is_used(word: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert exit_code(word, "--help") == 0
    assert capfd.readouterr().out.startswith(f"usage: ./run {word}")


@pytest.mark.parametrize(
    "words",
    [
        *(("up", "now"), ("demo", "--fast"), ("simulate", "--speed", "9"), ("bank", "rob"), ("logs", "--all")),
        *(("test-fast", "tests/unit"), ("bench", "all"), ("secrets", "a", "b"), ("secrets", "--force")),
        *(("vendor", "npm"), ("reset", "xyz"), ("reset", "--yes", "now"), ("payments",), ("payments", "fly")),
        *(("payments", "serve"), ("payments", "verify", "twice"), ("payments", "outbox", "resend", "--since")),
        *(("ticketing", "codes"), ("ticketing", "codes", "verify", "a", "b"), ("analytics", "dead-letters", "replay")),
    ],
    ids=" ".join,
)
def test_a_command_refuses_words_it_does_not_know(words: tuple[str, ...], capfd: pytest.CaptureFixture[str]) -> None:
    assert exit_code(*words) == 2
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"usage: ./run {words[0]}")


def test_secrets_are_written_once_in_a_folder_that_only_their_owner_enters(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    assert run("secrets", str(folder)).returncode == 0
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    assert run("secrets", str(folder)).returncode == 0

    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert set(before) == {
        *("ticket-key-1.pem", "pass-key.pem", "pass-public.pem", "postgres-password"),
        *(f"{name}-postgres-password" for name in ("ticketing", "payments", "analytics")),
        *(f"{name}-kafka-password" for name in ("admin", "ticketing", "payments", "analytics", "bank", "watch")),
    }
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    # Containers are given the files themselves, and run as other users.
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o444}


def test_reset_removes_nothing_without_a_yes(tmp_path: Path) -> None:
    (tmp_path / "kept").touch()

    refused = subprocess.run(
        ["./run", "reset"],
        cwd=ROOT,
        env=os.environ | {"MOT_CHAM_DATA": str(tmp_path)},
        input="no\n",
        capture_output=True,
        text=True,
        check=False,
    )

    assert refused.returncode != 0
    assert (tmp_path / "kept").exists()


def test_reset_with_yes_ends_what_still_runs_and_removes_the_data(tmp_path: Path) -> None:
    left_over = stub_part("left", tmp_path, 0)
    left_over.start()

    assert run("reset", "--yes", MOT_CHAM_DATA=str(tmp_path)).returncode == 0

    assert not left_over.is_alive()
    assert not tmp_path.exists()
    tmp_path.mkdir()  # pytest looks for it


def test_a_second_up_in_the_same_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    hold = "import sys; from deploy.local.lock import only_one\n"
    hold += "with only_one(): print('held', flush=True), sys.stdin.read()"
    environ = os.environ | {"MOT_CHAM_DATA": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", hold], cwd=ROOT, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"

        second = run("up", MOT_CHAM_DATA=str(tmp_path))

        holder.kill()
    assert second.returncode == 1
    assert second.stdout.splitlines()[-1] == f"Stopped: Một Chạm is running here already (process {holder.pid})"
    assert second.stderr == ""


@pytest.mark.parametrize(
    ("what", "variable"),
    [
        ("the public address", "MOT_CHAM_PORT"),
        ("PostgreSQL", "MOT_CHAM_POSTGRES_PORT"),
        ("Kafka's controller", "MOT_CHAM_KAFKA_CONTROLLER_PORT"),
        ("payments", "PAYMENTS_PORT"),
    ],
)
def test_a_busy_port_is_named_with_the_way_out(what: str, variable: str) -> None:
    ports = _free_ports()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = Settings.read({**ports, variable: str(taken.getsockname()[1])})

        with pytest.raises(Problem, match=rf"port \d+ \({what}\) is taken .* {variable}=\d+ \./run up"):
            up.check_ports(settings)


@pytest.mark.parametrize(
    ("ports", "refusal"),
    [
        (
            {"PAYMENTS_PORT": "18111"},
            r"port 18111 is meant for ticketing-serve-2 and for payments-serve-1; PAYMENTS_PORT names another one",
        ),
        ({"TICKETING_PORT": "65530"}, r"ticketing-serve-2 would need port 65540; TICKETING_PORT must leave room"),
    ],
)
def test_processes_apart_that_would_have_one_port_or_none_are_refused_before_anything_starts(
    ports: dict[str, str], refusal: str
) -> None:
    settings = Settings.read({**_free_ports(), "TICKETING_PORT": "18101", **ports}, apart=True)

    with pytest.raises(Problem, match=refusal):
        up.check_ports(settings)


def test_apart_each_service_has_two_processes_of_each_role_with_a_name_and_a_port_of_its_own() -> None:
    settings = Settings.read({"PROFILE": "production"}, apart=True)

    given = [member.settings(port) for member, port in settings.member_ports.items()]
    names = [member.name for member in settings.member_ports]
    assert names[:6] == [f"ticketing-{role}-{number}" for role in ("serve", "consume", "relay") for number in (1, 2)]
    assert [one["INSTANCE_ID"] for one in given] == names
    assert len(set(settings.member_ports.values())) == len(names) == 16
    assert [one["ANALYTICS_SHARE"] for one in given if "ANALYTICS_SHARE" in one] == ["1/2", "2/2"]
    # All together they stay below what our PostgreSQL lets in, with what else each needs.
    assert len(names) * (int(up.environment_of(settings)["DATABASE_POOL_SIZE"]) + 2) < 200


def test_what_a_killed_start_left_running_is_stopped_also_by_a_start_in_the_other_shape(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(up, "RUNNING", tmp_path)
    left_over = stub_part("ticketing-consume-2", tmp_path, 0)
    left_over.start()

    up.stop_leftovers([stub_part("ticketing", tmp_path, 0)])

    assert not left_over.is_alive()


def test_a_port_that_is_no_number_is_refused_in_one_line(tmp_path: Path) -> None:
    refused = run("up", MOT_CHAM_PORT="eighty", MOT_CHAM_DATA=str(tmp_path))

    assert refused.returncode == 1
    assert refused.stdout == "Stopped: MOT_CHAM_PORT must be a port, 1 to 65535, not 'eighty'\n"


def test_a_nearly_full_disk_is_named_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(up, "FIRST_START_BYTES", 2**60)
    monkeypatch.setattr(up, "LATER_START_BYTES", 2**60)

    with pytest.raises(Problem, match="the disk is nearly full"):
        up.check_disk()


def test_what_a_part_said_last_is_no_line_of_a_stack_trace(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    log.write_text("INFO all well\njava.io.IOException: No space left on device\n\tat a.B.c(B.java:1)\n", "utf-8")

    said = Program("part", ["true"], log, tmp_path / "part.pid", folder=tmp_path).last_words()

    assert said == "java.io.IOException: No space left on device"


def test_addresses_in_the_environment_replace_our_own_parts() -> None:
    urls = {f"{name}_DATABASE_URL": "postgresql://elsewhere/x" for name in ("TICKETING", "PAYMENTS", "ANALYTICS")}

    settings = Settings.read({**urls, "KAFKA_BOOTSTRAP_SERVERS": "elsewhere:9092"})

    assert not settings.runs_postgres
    assert not settings.runs_kafka


def test_every_vendored_file_is_the_one_that_was_reviewed() -> None:
    ensure_vendored()

    assert all(file.target.is_file() for file in vendored_files())
