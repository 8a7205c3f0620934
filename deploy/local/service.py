"""A part of the running system that speaks HTTP: one of our services, the simulated bank, or Caddy."""

import http.client
from dataclasses import dataclass
from typing import Protocol

from deploy.local.process import DidNotHappen, Program, wait_until


class Part(Protocol):
    """What the supervisor starts, watches and stops."""

    @property
    def name(self) -> str:
        """As people know it."""
        ...

    def start(self) -> None:
        """Start it; one left over from a killed starter is stopped first."""
        ...

    def wait_ready(self, within_s: float = 60) -> None:
        """Return once it serves; raise DidNotHappen when it does not in time."""
        ...

    def is_alive(self) -> bool:
        """True while its process lives."""
        ...

    def stop(self) -> None:
        """Stop it for sure."""
        ...

    def last_words(self) -> str:
        """Last line of its log."""
        ...


@dataclass(frozen=True, slots=True)
class HttpPart:
    """A program that says on a path of its port whether it is ready."""

    program: Program
    port: int
    ready_path: str = "/health/ready"

    @property
    def name(self) -> str:
        """As people know it."""
        return self.program.name

    def start(self) -> None:
        """Start it; one left over from a killed starter is stopped first."""
        self.program.start()

    def wait_ready(self, within_s: float = 60) -> None:
        """Return once it answers that it is ready."""
        wait_until(lambda: not self.is_alive() or self._says_ready(), within_s, f"{self.name} is ready")
        if not self.is_alive():
            raise DidNotHappen(f"{self.name} did not start: {self.last_words()} (whole log: {self.program.log})")

    def is_alive(self) -> bool:
        """True while its process lives."""
        return self.program.pid() is not None

    def stop(self) -> None:
        """Stop it for sure."""
        self.program.stop()

    def last_words(self) -> str:
        """Last line of its log."""
        return self.program.last_words()

    def _says_ready(self) -> bool:
        asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=3)
        try:
            asking.request("GET", self.ready_path)
            return asking.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        finally:
            asking.close()
