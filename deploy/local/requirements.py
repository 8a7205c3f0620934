"""Installs the locked Python packages into our virtual environment. Standard library only: it runs before them."""

import hashlib
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.console import Problem, say
from deploy.local.paths import ROOT

FOLDER = ROOT / "requirements"
RETRYING = "WARNING: Retrying"
NO_VERSIONS = "(from versions: none)"


def ensure_requirements(name: str) -> None:
    """Have what requirements/<name>.txt locks; asks nothing of the network when that is so already.

    test.txt contains run.txt, so an environment made for the tests is good for both.
    """
    if any(_stamp(kind).exists() and _stamp(kind).read_text() == _wanted(kind) for kind in {name, "test"}):
        return
    lock = FOLDER / f"{name}.txt"
    total = len(re.findall(r"^[a-z0-9].*==", lock.read_text(encoding="utf-8"), re.MULTILINE))
    say(f"  installing {total} locked Python packages (once)")
    pip = [sys.executable, "-m", "pip", "install", "--require-hashes", "--no-deps", "--disable-pip-version-check"]
    with subprocess.Popen(
        [*pip, "--no-input", "-r", str(lock)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        errors = _show_progress(running, total)
    if running.returncode != 0:
        raise Problem(f"pip could not install the packages: {_reason(errors)}")
    _stamp(name).write_text(_wanted(name))


def _show_progress(running: subprocess.Popen[str], total: int) -> list[str]:
    """Count packages as pip names them; the lines that say what went wrong."""
    errors: list[str] = []
    seen = 0
    for line in running.stdout or ():
        if line.startswith(("Collecting ", "Requirement already satisfied: ")):
            seen += 1
            if seen % 10 == 0 or seen == total:
                say(f"    {seen} of {total} found")
        elif line.startswith("Installing collected packages"):
            say("    all fetched, installing")
        elif line.startswith(("ERROR", RETRYING)):
            errors.append(line.strip()[:300])
    return errors


def _reason(errors: Sequence[str]) -> str:
    """The first error; without a network pip only says that there are no versions."""
    last_ones = [line for line in errors if not line.startswith(RETRYING)]
    if not last_ones or (NO_VERSIONS in last_ones[0] and len(last_ones) < len(errors)):
        return "its package index can't be reached; is there a network?" if errors else "no reason given"
    return last_ones[0]


def _stamp(name: str) -> Path:
    return Path(sys.prefix) / f".installed-{name}"


def _wanted(name: str) -> str:
    return hashlib.sha256((FOLDER / f"{name}.txt").read_bytes()).hexdigest()
