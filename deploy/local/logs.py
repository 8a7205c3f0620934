"""`./run logs [PART]`: follow what the parts write."""

import os

from deploy.console import Problem
from deploy.local.paths import LOGS


def main(arguments: list[str]) -> int:
    """Become `tail` on the part's log, or on all of them."""
    parts = sorted(path.stem for path in LOGS.glob("*.log"))
    wanted = arguments or parts
    if unknown := [part for part in wanted if part not in parts]:
        raise Problem(
            f"no log of {', '.join(unknown)}; there is: {', '.join(parts) or 'none yet, ./run up makes them'}"
        )
    if not wanted:
        raise Problem("there are no logs yet; ./run up makes them")
    os.execvp("tail", ["tail", "-n", "20", "-F", *(str(LOGS / f"{part}.log") for part in wanted)])  # noqa: S606
