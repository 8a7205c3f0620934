"""The line tools as anyone starts them: with no server, no database and no secret, and they end like any filter."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from shared.settings import SERVICES
from tests.support.scope import drawn

Tool = tuple[str, ...]
TOOLS: dict[Tool, dict[str, object]] = {
    ("payments", "qr"): {"error": "not JSON in UTF-8"},
    ("payments", "references"): {"memo": "x", "candidates": []},
    ("ticketing", "codes", "verify"): {"code": "x", "error": "not_a_ticket"},
}
each_tool = pytest.mark.parametrize("tool", TOOLS, ids=" ".join)
# All of them are read and written by the same lines of shared/process/commands.py.
one_tool = pytest.mark.parametrize("tool", drawn(TOOLS), ids=" ".join)


def start(tool: Tool, folder: Path, *, stdin: int | None = subprocess.PIPE) -> subprocess.Popen[bytes]:
    """Without any setting but a folder of secrets in which there is none."""
    environment = {"PATH": os.environ["PATH"], "SECRETS_DIR": str(folder)}
    service, *arguments = tool
    return subprocess.Popen(
        [sys.executable, "-m", f"services.{service}", *arguments],
        env=environment,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@each_tool
def test_a_line_tool_needs_no_setting_and_answers_at_once(tool: Tool, tmp_path: Path) -> None:
    with start(tool, tmp_path) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(2):
            process.stdin.write(b"x\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline()) == TOOLS[tool]
        process.stdin.close()
        assert process.wait(30) == 0


@one_tool
def test_a_line_tool_ends_at_once_and_without_a_word_when_it_is_interrupted(tool: Tool, tmp_path: Path) -> None:
    with start(tool, tmp_path) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(b"x\n")
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == -signal.SIGINT
        assert b"Traceback" not in process.stderr.read()


@one_tool
def test_a_line_tool_ends_when_nobody_reads_its_answers(tool: Tool, tmp_path: Path) -> None:
    with start(tool, tmp_path) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stdin.write(b"x\n")
        process.stdin.flush()
        assert process.wait(30) == -signal.SIGPIPE
        assert b"Traceback" not in process.stderr.read()


@one_tool
def test_a_line_tool_says_how_it_is_used(tool: Tool, tmp_path: Path) -> None:
    with start((tool[0], tool[1], "--help"), tmp_path) as process:
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert said.decode().startswith(f"usage: ./run {tool[0]} {tool[1]}")
    with start((*tool, "one", "two"), tmp_path) as process:
        _, said = process.communicate(timeout=30)
    assert process.returncode == 2
    assert said.decode().startswith(f"usage: ./run {tool[0]} {tool[1]}")


def test_help_and_line_tools_wait_for_no_web_server() -> None:
    mains = ", ".join(f"services.{service}.__main__" for service in SERVICES)
    asked = f"import sys, {mains}; print(*sys.modules)"
    imported = subprocess.run([sys.executable, "-c", asked], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert {"shared.process.commands"} == {*imported.split()} & {"shared.process.commands", "fastapi", "uvicorn"}
