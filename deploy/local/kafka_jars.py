"""Fetches the published jars of Kafka once, as pinned in pom.xml."""

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from deploy.console import Problem, step
from deploy.local.paths import DOWNLOADS

POM = Path(__file__).with_name("pom.xml")


def kafka_jars() -> Path:
    """Folder of the jars; fetched with Maven when this pom.xml's are not there yet."""
    folder = _folder()
    if not folder.is_dir():
        with step("fetching the Kafka broker (43 MB, once)"):
            _fetch(folder)
    return folder


def are_jars_here() -> bool:
    """True when nothing is left to fetch."""
    return _folder().is_dir()


def class_archive() -> Path:
    """Where the classes of these jars lie as the Java here loads them fastest: another Java or folder has its own."""
    java = Path(shutil.which("java") or "java").resolve()
    made_for = f"{java} {java.stat().st_mtime_ns if java.exists() else 0} {_folder()}"
    return _folder().with_suffix(f".{hashlib.sha256(made_for.encode()).hexdigest()[:16]}.jsa")


def _folder() -> Path:
    wanted = hashlib.sha256(POM.read_bytes()).hexdigest()[:16]
    return DOWNLOADS / f"kafka-{wanted}"


def _fetch(folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise Problem("Maven is missing: install it (Debian, Ubuntu: apt-get install maven) and run again")
    DOWNLOADS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".kafka-", dir=DOWNLOADS) as work:
        half_made = Path(work) / "jars"
        done = subprocess.run(
            # --strict-checksums: a jar that differs from its published checksum ends it.
            [
                *(maven, "--batch-mode", "--quiet", "--strict-checksums", "--file", str(POM)),
                *("dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={half_made}"),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            errors = [line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line]
            raise Problem(f"Maven could not fetch Kafka: {(errors or ['no reason given'])[0][:300]}")
        half_made.rename(folder)
