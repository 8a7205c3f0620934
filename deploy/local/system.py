"""Programs of the operating system that we need: found, installed with apt when we may, or named in one line."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from deploy.local.console import Problem, step
from deploy.local.paths import DOWNLOADS

JAVA_AT_LEAST = 17
JAVA_PACKAGE = "default-jre-headless"  # Java 17 on Debian 12, 21 on Ubuntu 24.04 and Debian 13; Kafka runs on each
CHROMIUM = Path("/usr/bin/chromium")


def ensure_java(*, with_maven: bool) -> None:
    """Have Java 17 or later, and Maven when jars are still to be fetched."""
    packages: list[str] = []
    if _java_version() < JAVA_AT_LEAST:
        packages.append(JAVA_PACKAGE)
    if with_maven and shutil.which("mvn") is None:
        packages.append("maven")
    if packages:
        install(packages)
    if (found := _java_version()) < JAVA_AT_LEAST:
        raise Problem(f"Kafka needs Java {JAVA_AT_LEAST} or later; `java` here is {found or 'missing'}")


def ensure_chromium() -> str:
    """Path of a Chromium for the browser tests; empty when Playwright brings its own."""
    # Ubuntu's package is a stub for a snap, which tests can't drive.
    if CHROMIUM.exists() and CHROMIUM.stat().st_size > 0 and not _is_ubuntu():
        return str(CHROMIUM)
    if _is_ubuntu():
        with step("fetching Playwright's Chromium"):
            _run_or_problem(["python3", "-m", "playwright", "install", "--with-deps", "chromium"])
        return ""
    install(["chromium", "fonts-dejavu-core"])
    return str(CHROMIUM)


def caddy_program() -> Path:
    """Caddy: the machine's own, else the binary out of Debian's package, whose installation would start a server."""
    if (own := shutil.which("caddy")) is not None:
        return Path(own)
    unpacked = DOWNLOADS / "caddy"
    program = unpacked / "usr" / "bin" / "caddy"
    if program.exists():
        return program
    by_hand = "Caddy is missing: put a `caddy` binary on the PATH and run again"
    if shutil.which("apt-get") is None:
        raise Problem(by_hand)
    with step("fetching Caddy (once)"):
        unpacked.mkdir(parents=True, exist_ok=True)
        download = ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", "caddy"]
        if _run(download, unpacked) != 0:
            # On a fresh machine apt knows no packages yet.
            _apt(["update"])
            if _run(download, unpacked) != 0:
                raise Problem(by_hand)
        for package in unpacked.glob("caddy_*.deb"):
            _run_or_problem(["dpkg-deb", "-x", str(package), str(unpacked)])
            package.unlink()
    return program


def install(packages: list[str]) -> None:
    """Install Debian packages, or say in one line how to."""
    if shutil.which("apt-get") is None or _root() is None:
        raise Problem(f"please install what is missing and run again: sudo apt-get install {' '.join(packages)}")
    with step(f"installing {', '.join(packages)} with apt"):
        _apt(["update"])
        _apt(["-y", "--no-install-recommends", "install", *packages])


def _apt(arguments: list[str]) -> None:
    as_root = _root()
    if as_root is None:
        raise Problem(f"please run as root and start again: apt-get {' '.join(arguments)}")
    command = [*as_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=180"]
    _run_or_problem([*command, *arguments])


def _root() -> list[str] | None:
    """What makes a command run as root here without asking a person; None when nothing does."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo is not None and _run([sudo, "-n", "true"]) == 0:
        return [sudo, "-n"]
    return None


def _java_version() -> int:
    java = shutil.which("java")
    if java is None:
        return 0
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found[1]) if found else 0


def _is_ubuntu() -> bool:
    release = Path("/etc/os-release")
    return release.exists() and re.search(r"^ID=ubuntu$", release.read_text(encoding="utf-8"), re.MULTILINE) is not None


def _run(command: list[str], folder: Path | None = None) -> int:
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode


def _run_or_problem(command: list[str]) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no reason given"]
        raise Problem(f"`{' '.join(command)}` failed: {last[0][:300]}")
