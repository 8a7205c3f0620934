"""`./run test-fast`: the checks that need no server, for the inner loop."""

from deploy.local.checks import pytest_check, run_checks, static_checks
from deploy.local.paths import ROOT

TOOLS = ("mypy", "ruff")


def main(_arguments: list[str]) -> int:
    """Lint, types by mypy, and the tests of rules and structure."""
    folders = [f"tests/{name}" for name in ("unit", "property", "architecture") if (ROOT / "tests" / name).is_dir()]
    checks = [check for check in static_checks() if any(f"({tool})" in check.headline for tool in TOOLS)]
    return run_checks(checks, pytest_check(["-q", *folders]))
