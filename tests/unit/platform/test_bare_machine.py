"""On a machine without what we need, `./run` says in one line what to copy, complete enough to be the only one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.console import Problem
from deploy.local import requirements, system
from deploy.local.paths import ROOT
from deploy.tools import chromium

NEEDED_BY_THE_SCRIPT = ("awk", "dirname", "env", "grep", "rm", "tail")


class Machine:
    """A folder of programs that stands for everything a machine has."""

    def __init__(self, folder: Path) -> None:
        self.programs = folder / "programs"
        self.clone = folder / "clone"
        for made in (self.programs, self.clone):
            made.mkdir()
        for name in NEEDED_BY_THE_SCRIPT:
            found = shutil.which(name)
            assert found is not None
            (self.programs / name).symlink_to(found)
        script = (ROOT / "run").read_text(encoding="utf-8")
        (self.clone / "run").write_text(script.replace("/usr/bin/python3", str(self.programs / "python3")))

    def has(self, name: str, script: str) -> None:
        """Add a program."""
        program = self.programs / name
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """`./run COMMAND` here, as an ordinary user."""
        self.has("id", "echo 1000")
        environ = {"PATH": str(self.programs), "HOME": os.environ["HOME"]}
        return subprocess.run(
            ["/bin/sh", "run", command], cwd=self.clone, env=environ, capture_output=True, text=True, check=False
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_who_may_not_install_is_told_everything_in_one_line(machine: Machine) -> None:
    machine.has("apt-get", "exit 1")

    refused = machine.run("up")

    assert refused.returncode == 1
    [line] = refused.stderr.splitlines()
    assert line.endswith(
        "su - -c 'apt-get update && apt-get install -y --no-install-recommends"
        " python3 python3-venv default-jre-headless maven'"
    )


def test_what_is_there_already_is_not_asked_for(machine: Machine) -> None:
    machine.has("apt-get", "exit 1")
    machine.has("java", "")
    machine.has("sudo", "exit 1")  # it would ask for a password

    line = machine.run("up").stderr

    assert "sudo sh -c 'apt-get update" in line
    assert "maven" in line
    assert "jre" not in line


def test_a_failing_apt_says_why_and_what_to_do(machine: Machine) -> None:
    machine.has("sudo", 'shift; exec "$@"')
    machine.has("true", "")
    machine.has("apt-get", "echo noise; echo 'E: no space left' >&2; exit 100")

    refused = machine.run("secrets")

    assert refused.returncode == 1
    [line] = refused.stderr.splitlines()
    assert "(E: no space left)" in line
    assert line.endswith("python3 python3-venv'")


def test_a_python_that_is_too_old_is_named(machine: Machine) -> None:
    machine.has("apt-get", "touch installed")
    machine.has("python3", 'case "$2" in *ensurepip*) exit 1 ;; *) echo 3.10.13 ;; esac')

    refused = machine.run("up")

    assert refused.returncode == 1
    [line] = refused.stderr.splitlines()
    assert "python3 here is 3.10.13" in line
    assert not (machine.clone / "installed").exists()


def test_packages_that_may_not_be_installed_are_named_with_the_whole_command(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.has("apt-get", "exit 1")
    monkeypatch.setenv("PATH", str(machine.programs))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    with pytest.raises(Problem) as refused:
        system.install(["default-jre-headless", "maven"])

    assert str(refused.value).endswith(
        "su - -c 'apt-get update && apt-get install -y --no-install-recommends default-jre-headless maven'"
    )


def test_a_nearly_full_disk_is_named_before_anything_is_made(machine: Machine) -> None:
    machine.has("python3", "exit 0")
    machine.has("df", "echo Filesystem; echo /dev/x 100 90 20480 90% /")

    refused = machine.run("up")

    assert refused.returncode == 1
    [line] = refused.stderr.splitlines()
    assert line.startswith("the disk is nearly full: 20 MB free in ")


def test_a_failed_virtual_environment_says_why_in_one_line(machine: Machine) -> None:
    machine.has("python3", 'case "$2" in venv) echo trace; echo "Error: the reason" >&2; exit 1 ;; esac')
    machine.has("df", "echo Filesystem; echo /dev/x 100 90 20480000 90% /")

    refused = machine.run("up")

    assert refused.returncode == 1
    assert refused.stderr == "python3 could not make .venv: Error: the reason\n"


def test_pip_without_a_network_says_so(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.has(
        "pip-as-python",
        "echo 'WARNING: Retrying (...) connection broken'; echo 'ERROR: x (from versions: none)'; exit 1",
    )
    monkeypatch.setattr(sys, "executable", str(machine.programs / "pip-as-python"))
    monkeypatch.setattr(sys, "prefix", str(machine.clone))

    with pytest.raises(Problem, match="is there a network"):
        requirements.ensure_requirements("run")


def test_a_browser_that_cannot_be_fetched_is_named_with_the_reason(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.has("playwright-as-python", "printf 'Error: no such host\\n  at a.js:1 {\\n}\\n' >&2; exit 1")
    monkeypatch.setattr(sys, "executable", str(machine.programs / "playwright-as-python"))
    monkeypatch.setattr(chromium, "is_ubuntu", lambda: True)
    monkeypatch.delenv("MOT_CHAM_CHROMIUM", raising=False)

    with pytest.raises(Problem, match=r"\(Error: no such host\); MOT_CHAM_CHROMIUM=\S+ \./run test"):
        chromium.chromium_program()
