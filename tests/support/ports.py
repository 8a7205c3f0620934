"""Ports for servers that will listen in a moment, which nothing may take until then."""

import os
import secrets
import socket
from contextlib import ExitStack, suppress

# Linux gives outgoing connections ports from 32768 up: a port that was free there may be taken a moment later.
# Tests that run at the same time choose among numbers of their own, and so does the process above the workers.
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw11").removeprefix("gw"))
_MINE = range(20_000 + 1_000 * (_WORKER % 12), 21_000 + 1_000 * (_WORKER % 12))


def free_ports(count: int) -> list[int]:
    """So many ports of 127.0.0.1 on which nobody listens."""
    with ExitStack() as held:
        found: list[int] = []
        while len(found) < count:
            port = secrets.choice(_MINE)
            with suppress(OSError):
                held.enter_context(socket.create_server(("127.0.0.1", port)))
                found.append(port)
        return found
