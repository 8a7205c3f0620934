"""A supervised system of two small web servers, to try the supervisor on.

`python -m tests.support.stub_system FOLDER PORT PORT`
"""

import sys
from pathlib import Path

from deploy.console import say
from deploy.local.process import Program
from deploy.local.service import HttpPart
from deploy.local.supervisor import Stage, supervise


def stub_part(name: str, folder: Path, port: int) -> HttpPart:
    """A web server of the standard library, with its pid file in `folder`."""
    command = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]
    return HttpPart(
        Program(name, command, folder / f"{name}.log", folder / f"{name}.pid", folder=folder), port, ready_path="/"
    )


def main(folder: Path, ports: list[int]) -> None:
    """Run until a signal ends it."""
    stages = [
        Stage(f"starting {name}", [stub_part(name, folder, port)])
        for name, port in zip(("first", "second"), ports, strict=True)
    ]
    supervise(stages, on_ready=lambda: say("ready"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), [int(port) for port in sys.argv[2:]])
