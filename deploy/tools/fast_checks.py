"""`./run test-fast`: the checks that need no server, for the inner loop."""

from deploy.local.vendor import ensure_vendored
from deploy.tools.checks import pytest_check, run_checks, static_checks

TOOLS = ("mypy", "ruff")


def main(_arguments: list[str]) -> int:
    """Lint, types by mypy, and the tests of rules and structure, these in two halves that take as long."""
    ensure_vendored()
    halves = [
        pytest_check(["-q", "tests/unit", "tests/architecture"], "unit and architecture tests"),
        pytest_check(["-q", "tests/property"], "property tests"),
    ]
    tools = [check for check in static_checks() if any(f"({tool})" in check.headline for tool in TOOLS)]
    return run_checks([*halves, *tools])
