"""`./run test-long`: the tests with all examples, and chaos for as long as it takes to meet rare orders of events."""

import os

from deploy.tools.checks import SIDE_BY_SIDE, prepare, pytest_check, run_checks

_PATIENT = ("-o", "faulthandler_timeout=6000")


def main(arguments: list[str]) -> int:
    """Run every test, or those that the arguments name. tests/support/scope.py says how much more."""
    prepare()
    os.environ["MOT_CHAM_TESTS"] = "long"
    return run_checks([], pytest_check([*SIDE_BY_SIDE, *_PATIENT, *arguments]))
