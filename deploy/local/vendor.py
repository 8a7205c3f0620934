"""Brings the JavaScript that our pages carry: npm by lock file, then the named files, checked by their sums.

`python -m deploy.local.vendor` does it by hand. No package's own script is run.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from deploy.console import Problem, step
from deploy.local.paths import ROOT

LIST = Path(__file__).with_name("vendor.toml")
SERVED = ROOT / "shared" / "web" / "static" / "vendor"
MODULES = ROOT / "node_modules"
LOCK = ROOT / "package-lock.json"


@dataclass(frozen=True, slots=True)
class Vendored:
    """One file of a package, the place it is served from, and the sum that it must have."""

    source: Path
    target: Path
    sha256: str


def vendored_files() -> list[Vendored]:
    """The files that vendor.toml names."""
    entries = tomllib.loads(LIST.read_text(encoding="utf-8"))["file"]
    return [Vendored(MODULES / entry["from"], SERVED / entry["to"], entry["sha256"]) for entry in entries]


def main(_arguments: list[str]) -> int:
    """Fetch what the pages take from others, for an image that is built elsewhere."""
    ensure_vendored()
    return 0


def ensure_vendored() -> None:
    """Have every vendored file in place; nothing is fetched when they are."""
    missing = [file for file in vendored_files() if _sha256(file.target) != file.sha256]
    if not missing:
        return
    ensure_modules()
    for file in missing:
        if (found := _sha256(file.source)) != file.sha256:
            raise Problem(f"{file.source.relative_to(ROOT)} is not the file that vendor.toml names (sha256 {found})")
        file.target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file.source, file.target)


def ensure_modules() -> None:
    """Have node_modules as the lock file says, with the tools of the tests."""
    stamp = MODULES / ".installed-lock"
    wanted = _sha256(LOCK)
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return
    with step("fetching the locked JavaScript packages (40 MB, once)"):
        # The virtual environment's Node, so that every machine has the same one.
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        npm = shutil.which("npm", path=path)
        if npm is None:
            raise Problem("npm is missing from the virtual environment: delete .venv and run again")
        done = subprocess.run(
            [npm, "ci", "--ignore-scripts", "--no-progress"],
            cwd=ROOT,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            errors = [line for line in done.stderr.splitlines() if "error" in line] or ["no reason given"]
            raise Problem(f"npm could not fetch the JavaScript packages: {errors[0][:300]}")
    stamp.write_text(wanted, encoding="ascii")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "none"


if __name__ == "__main__":
    ensure_vendored()
