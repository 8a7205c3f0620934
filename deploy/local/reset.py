"""`./run reset`: remove every order, ticket, key and log of this machine's system."""

import shutil
import signal

from deploy.console import Problem, say
from deploy.local.lock import only_one
from deploy.local.paths import LOCAL
from deploy.local.process import end_recorded


def main(arguments: list[str]) -> int:
    """Ask, end what a killed starter or a kept test cluster left running, then remove the folder."""
    if not LOCAL.exists():
        say("There is nothing to remove.")
        return 0
    with only_one():
        if "--yes" not in arguments and not _agreed():
            raise Problem("nothing was removed")
        for pid_file in LOCAL.rglob("*.pid"):
            end_recorded(pid_file, signal.SIGTERM, within_s=20)
        shutil.rmtree(LOCAL)
    say("All local data is removed.")
    return 0


def _agreed() -> bool:
    try:
        answer = input(f"Remove all orders, tickets, keys and logs below {LOCAL}? Type yes: ")
    except EOFError:
        return False
    return answer.strip().lower() == "yes"
