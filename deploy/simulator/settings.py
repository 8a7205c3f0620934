"""Settings of the simulator, read once from the environment; none needs to be set."""

import os
from collections.abc import Mapping
from dataclasses import dataclass


class SimulatorRefused(Exception):
    """The simulator may not run here; the text says why."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`public_origin` is where people and our own visitors knock."""

    kafka_bootstrap: str
    topic_prefix: str
    host: str
    port: int
    public_origin: str
    log_level: str

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Raises SimulatorRefused outside the demo profile: there must be no second bank beside a real one."""
        get = environment.get
        if get("PROFILE", "demo") != "demo":
            raise SimulatorRefused("the simulated bank exists in the demo profile only (PROFILE=demo)")
        port = get("SIMULATOR_PORT", "8104")
        if not (port.isascii() and port.isdecimal()):
            raise SimulatorRefused(f"SIMULATOR_PORT is {port!r}; it must be a whole number")
        origin = get("PUBLIC_ORIGIN") or f"http://localhost:{get('MOT_CHAM_PORT', '8080')}"
        return cls(
            kafka_bootstrap=get("KAFKA_BOOTSTRAP_SERVERS") or f"127.0.0.1:{get('MOT_CHAM_KAFKA_PORT', '9094')}",
            topic_prefix=get("TOPIC_PREFIX", ""),
            host=get("HOST", "127.0.0.1"),
            port=int(port),
            public_origin=origin.rstrip("/"),
            log_level=get("LOG_LEVEL", "INFO").upper(),
        )
