"""A container's health check: exit 0 when the service on HEALTH_PORT is ready. The image has no curl."""

import os
import sys
import urllib.error
import urllib.request


def main() -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{os.environ['HEALTH_PORT']}/health/ready", timeout=4) as answer:
            return 0 if answer.status == 200 else 1
    except (urllib.error.URLError, TimeoutError):
        return 1


if __name__ == "__main__":
    sys.exit(main())
