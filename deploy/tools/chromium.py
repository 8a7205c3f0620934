"""The Chromium of the browser tests: the one MOT_CHAM_CHROMIUM names, Debian's, or on Ubuntu Playwright's own."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

from deploy.console import Problem, step
from deploy.local.system import is_ubuntu

FROM_DEBIAN = Path("/usr/bin/chromium")
# The same browser without its own windows: a fifth less work on two cores. tests/support/screens.py says when.
WINDOWLESS = Path("/usr/bin/chromium-headless-shell")
ASK_PLAYWRIGHT = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""


def missing_packages() -> list[str]:
    """Debian packages that the browser tests still need."""
    # Playwright's driver is a Node that its makers linked with libatomic, which a bare machine does not have.
    packages = [] if _has_libatomic() else ["libatomic1"]
    if _takes_debians() and not (FROM_DEBIAN.exists() and WINDOWLESS.exists()):
        packages += ["chromium", "chromium-headless-shell", "fonts-dejavu-core"]
    return packages


def chromium_program() -> str:
    """Path of Chromium once the packages are there; empty for Playwright's own, which is fetched when missing."""
    if own := os.environ.get("MOT_CHAM_CHROMIUM"):
        return own
    if _takes_debians():
        return str(FROM_DEBIAN)
    asked = subprocess.run([sys.executable, "-c", ASK_PLAYWRIGHT], capture_output=True, text=True, check=False)
    if not Path(asked.stdout.strip() or "none").exists():
        with step("fetching Playwright's Chromium (once)"):
            _fetch()
    return ""


def _fetch() -> None:
    command = [sys.executable, "-m", "playwright", "install", "--with-deps", "chromium"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        # Its last lines are the end of a stack trace.
        errors = [line.strip() for line in (done.stderr + done.stdout).splitlines() if "rror: " in line]
        reason = (errors or ["no reason given"])[0][:300]
        own = "MOT_CHAM_CHROMIUM=/path/to/chromium ./run test takes another one"
        raise Problem(f"Playwright could not fetch its Chromium ({reason}); {own}")


def _takes_debians() -> bool:
    """Ubuntu's package is a stub for a snap, which tests can't drive."""
    return not os.environ.get("MOT_CHAM_CHROMIUM") and not is_ubuntu()


def _has_libatomic() -> bool:
    try:
        ctypes.CDLL("libatomic.so.1")
    except OSError:
        return False
    return True
