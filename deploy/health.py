"""A container's health check: exit 0 when the role on HEALTH_PORT is ready. The image has no curl."""

import os
import socket
import sys

_LIMIT_S = 4.0


def main() -> int:
    # A bare socket, because this runs in every container every few seconds and urllib alone takes as long again.
    address = ("127.0.0.1", int(os.environ["HEALTH_PORT"]))
    try:
        with socket.create_connection(address, _LIMIT_S) as connection:
            connection.sendall(b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            status_line = connection.makefile("rb").readline()
    except OSError:
        return 1
    return 0 if status_line.split()[1:2] == [b"200"] else 1


if __name__ == "__main__":
    sys.exit(main())
