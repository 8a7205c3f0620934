"""Settings of the simulator, read once from the environment, by the names that the services know."""

import os
from dataclasses import dataclass

from shared import settings as known
from shared.settings import Environment


class SimulatorRefused(Exception):
    """The simulator may not run here; the text says why."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`public_origin` is where people and our own visitors knock; `kafka_bootstrap` is the bank's own address."""

    kafka_bootstrap: str
    topic_prefix: str
    host: str
    port: int
    public_origin: str
    log_level: str

    @classmethod
    def read(cls, environment: Environment = os.environ) -> "Settings":
        """Raises SimulatorRefused outside the demo profile: there must be no second bank beside a real one."""
        try:
            if known.profile(environment) != "demo":
                raise SimulatorRefused("the simulated bank exists in the demo profile only (PROFILE=demo)")
            port = known.whole_number(known.PORTS[known.SIMULATOR], environment)
            bank = known.kafka_address(known.KAFKA_BANK, environment)
        except known.SettingsWrong as wrong:
            raise SimulatorRefused(str(wrong)) from wrong
        return cls(
            kafka_bootstrap=bank,
            topic_prefix=known.TOPIC_PREFIX.of(environment),
            host=known.HOST.of(environment),
            port=port,
            public_origin=known.PUBLIC_ORIGIN.of(environment).rstrip("/"),
            log_level=known.LOG_LEVEL.of(environment).upper(),
        )
