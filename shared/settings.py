"""Every setting once: its name, its meaning, what holds when it is not set; and a service's, read once from them.

An unset profile is production, so that nothing forgotten can open the demo. docs/settings.md is made of this file.
"""

import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

Environment = Mapping[str, str]
Profile = Literal["demo", "production"]
# Every service and the port it listens on unless told otherwise.
SERVICES: Mapping[str, int] = {"ticketing": 8101, "payments": 8102, "analytics": 8103}
SIMULATOR, SIMULATOR_PORT_UNLESS_SET = "simulator", 8104
# Who speaks on Kafka beside the services: whoever prepares it, and in the demo the bank and who looks on.
KAFKA_ADMIN, KAFKA_BANK, KAFKA_WATCH = "admin", "bank", "watch"


class SettingsWrong(Exception):
    """A setting is missing or makes no sense; the text says which."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One name in the environment. In `default`, {NAME} stands for the value of another setting."""

    name: str
    meaning: str
    default: str = ""
    readers: str = "services"

    def of(self, environment: Environment) -> str:
        """Its value; set to nothing is not set."""
        return environment.get(self.name) or _OTHER.sub(lambda found: BY_NAME[found[1]].of(environment), self.default)


_OTHER = re.compile(r"\{(\w+)\}")
_ONE_MACHINE = "`./run`"
_EVERYBODY = "`./run`, services, simulator"
_COMPOSE = "`docker-compose.yml`"
_TESTS = "tests"

PROFILE = Setting(
    "PROFILE",
    "`demo` has made-up people and the simulated bank, `production` neither; `./run up`, `demo`, `simulate` and `bank`"
    " set `demo`",
    "production",
    f"{_EVERYBODY}, Caddy",
)
PUBLIC_ORIGIN = Setting(
    "PUBLIC_ORIGIN", "what people open; links begin with it", "http://localhost:{MOT_CHAM_PORT}", _EVERYBODY
)
SECRETS_DIR = Setting(
    "SECRETS_DIR",
    "folder of the keys and passwords; `docker-compose.yml` takes `deploy/secrets` where it is not set",
    "{MOT_CHAM_DATA}/secrets",
    f"{_EVERYBODY}, {_COMPOSE}",
)
KAFKA_BOOTSTRAP_SERVERS = Setting(
    "KAFKA_BOOTSTRAP_SERVERS",
    "where Kafka is, host:port; once set, `./run up` starts none of its own. `user:password@` may stand before it, else"
    " each speaks under its own name, by SECRETS_DIR/{name}-kafka-password; `?tls_ca=FILE` behind it encrypts",
    "127.0.0.1:{MOT_CHAM_KAFKA_PORT}",
    _EVERYBODY,
)
KAFKA_REPLICATION_FACTOR = Setting(
    "KAFKA_REPLICATION_FACTOR", "copies of each topic that is made, one a broker", "1", "`shared.kafka.topics`"
)
TOPIC_PREFIX = Setting("TOPIC_PREFIX", "stands before the names of all topics", "", "services, simulator")
DATABASE_SERVER = Setting(
    "DATABASE_SERVER",
    "where PostgreSQL is, host:port; once set, `./run up` starts none of its own",
    "127.0.0.1:{MOT_CHAM_POSTGRES_PORT}",
    "`./run`, services",
)
DATABASE_POOL_SIZE = Setting("DATABASE_POOL_SIZE", "connections that a process keeps to its database", "12")
HOST = Setting("HOST", "address on which a service listens", "127.0.0.1", "services, simulator")
INSTANCE_ID = Setting(
    "INSTANCE_ID",
    "names a process to Kafka; of those that consume for one service, each its own: a second one does not start",
    "the machine's name",
)
LOG_LEVEL = Setting("LOG_LEVEL", "`DEBUG`, `INFO`, `WARNING` or `ERROR`", "INFO", "services, simulator")
ANALYTICS_SHARE = Setting(
    "ANALYTICS_SHARE", "`2/4` reads every fourth partition, beginning with the second", "1/1", "analytics"
)
DEMO_SIGN_INS = Setting(
    "DEMO_SIGN_INS",
    "file that gets the made-up people's PINs and passwords",
    "{SECRETS_DIR}/../demo-sign-ins.txt",
    "ticketing",
)
HEALTH_PORT = Setting("HEALTH_PORT", "port of the role whose health a container asks", "", "`deploy.health`")
MOT_CHAM_DATA = Setting(
    "MOT_CHAM_DATA", "folder of this machine's system; another one is another system", ".local", _ONE_MACHINE
)
MOT_CHAM_PORT = Setting("MOT_CHAM_PORT", "port that people open on this machine", "8080", _ONE_MACHINE)
MOT_CHAM_BIND = Setting(
    "MOT_CHAM_BIND",
    "address on which that port listens; in a container 0.0.0.0",
    "127.0.0.1",
    f"{_ONE_MACHINE}, Caddy",
)
MOT_CHAM_POSTGRES_PORT = Setting("MOT_CHAM_POSTGRES_PORT", "port of this machine's PostgreSQL", "5439", _ONE_MACHINE)
MOT_CHAM_KAFKA_PORT = Setting("MOT_CHAM_KAFKA_PORT", "port of this machine's Kafka", "9094", _ONE_MACHINE)
MOT_CHAM_KAFKA_CONTROLLER_PORT = Setting(
    "MOT_CHAM_KAFKA_CONTROLLER_PORT", "port on which that Kafka speaks with itself", "9095", _ONE_MACHINE
)
PORTS: Mapping[str, Setting] = {
    name: Setting(f"{name.upper()}_PORT", f"port of {name}", str(port), f"`./run`, {name}")
    for name, port in {**SERVICES, SIMULATOR: SIMULATOR_PORT_UNLESS_SET}.items()
}
DATABASE_URLS: Mapping[str, Setting] = {
    name: Setting(
        f"{name.upper()}_DATABASE_URL",
        f"whole address of the database of {name}, password included; `?sslmode=verify-full&sslrootcert=FILE` encrypts",
        f"made of DATABASE_SERVER and the password in SECRETS_DIR/{name}-postgres-password",
        f"`./run`, {name}",
    )
    for name in SERVICES
}
_UPSTREAMS = tuple(
    Setting(f"{name}_UPSTREAM", f"where {who} listens: host:port, or several of them", f"127.0.0.1:{port}", "Caddy")
    for name, who, port in (
        *((name.upper(), name, port) for name, port in SERVICES.items()),
        ("BANK", "the simulated bank", SIMULATOR_PORT_UNLESS_SET),
    )
)
_OF_DOCKER = (
    Setting("COMPOSE_PROFILES", "`demo` is PROFILE demo, with the bank's container", "production", _COMPOSE),
    Setting(
        "SITE_ADDRESS",
        "what people open on a server, as `https://ve.example.vn`",
        "https://localhost",
        f"{_COMPOSE}, Caddy",
    ),
    Setting(
        "SITE_TLS",
        "`tls internal` for a name without a public certificate",
        "Caddy gets one by itself",
        f"{_COMPOSE}, Caddy",
    ),
    Setting("HTTP_PORT", "open port for HTTP", "80", _COMPOSE),
    Setting("HTTPS_PORT", "open port for HTTPS", "443", _COMPOSE),
)
MOT_CHAM_CHROMIUM = Setting(
    "MOT_CHAM_CHROMIUM", "path of the Chromium of the browser tests", "Debian's, on Ubuntu Playwright's", _TESTS
)
_OF_TESTS = (
    MOT_CHAM_CHROMIUM,
    Setting("MOT_CHAM_TEST_CLUSTER", "`reuse` keeps PostgreSQL and Kafka up between runs", "each run its own", _TESTS),
    Setting("MOT_CHAM_TESTS", "`long` tries all examples, as `./run test-long` does", "a third of them", _TESTS),
    Setting(
        "MOT_CHAM_SLICE", "which one variant of long tests is tried; when long, all are", "drawn, and said", _TESTS
    ),
    Setting(
        "MOT_CHAM_CHAOS_SECONDS",
        "how long parts are killed under load, in each shape that is tried",
        "30; when long, 300",
        _TESTS,
    ),
    Setting("MOT_CHAM_CHAOS_SEED", "repeats a run of faults", "drawn, and said", _TESTS),
    Setting("MOT_CHAM_PICTURES", "folder for screenshots to look at", "no pictures", _TESTS),
)
ALL: tuple[Setting, ...] = (
    *(PROFILE, PUBLIC_ORIGIN, SECRETS_DIR, DATABASE_SERVER, *DATABASE_URLS.values()),
    *(DATABASE_POOL_SIZE, KAFKA_BOOTSTRAP_SERVERS, KAFKA_REPLICATION_FACTOR, TOPIC_PREFIX),
    *(*PORTS.values(), HOST, INSTANCE_ID, LOG_LEVEL),
    *(ANALYTICS_SHARE, DEMO_SIGN_INS, MOT_CHAM_DATA, MOT_CHAM_PORT, MOT_CHAM_BIND, MOT_CHAM_POSTGRES_PORT),
    *(MOT_CHAM_KAFKA_PORT, MOT_CHAM_KAFKA_CONTROLLER_PORT, *_OF_DOCKER, HEALTH_PORT, *_UPSTREAMS, *_OF_TESTS),
)
BY_NAME: Mapping[str, Setting] = {setting.name: setting for setting in ALL}


@dataclass(frozen=True, slots=True)
class Settings:
    """Of one service. `instance` names this process to Kafka's consumer groups; one process at a time consumes by it.

    `kafka_bootstrap` is a whole address with user and password, for shared.kafka.connection, as `database_url` is.
    `solo` says that all roles run in this process.
    """

    service: str
    database_url: str
    kafka_bootstrap: str
    topic_prefix: str
    secrets_dir: Path
    public_origin: str
    profile: Profile
    host: str
    port: int
    instance: str
    pool_size: int
    log_level: str
    demo_sign_ins: Path
    analytics_share: str
    solo: bool = False

    @classmethod
    def read(cls, service: str, environment: Environment = os.environ) -> "Settings":
        return cls(
            service=service,
            database_url=database_url(service, environment),
            kafka_bootstrap=kafka_address(service, environment),
            topic_prefix=TOPIC_PREFIX.of(environment),
            secrets_dir=secrets_dir(environment),
            public_origin=PUBLIC_ORIGIN.of(environment).rstrip("/"),
            profile=profile(environment),
            host=HOST.of(environment),
            port=whole_number(PORTS[service], environment),
            instance=environment.get(INSTANCE_ID.name) or socket.gethostname(),
            pool_size=whole_number(DATABASE_POOL_SIZE, environment),
            log_level=LOG_LEVEL.of(environment).upper(),
            demo_sign_ins=Path(os.path.normpath(DEMO_SIGN_INS.of(environment))),
            analytics_share=ANALYTICS_SHARE.of(environment),
        )


def profile(environment: Environment) -> Profile:
    """Raises SettingsWrong for a word that is neither."""
    match PROFILE.of(environment):
        case ("demo" | "production") as known:
            return known
        case other:
            raise SettingsWrong(f"PROFILE is {other!r}; it must be demo or production")


def whole_number(setting: Setting, environment: Environment) -> int:
    """Raises SettingsWrong where a text stands that is no number."""
    text = setting.of(environment)
    if not (text.isascii() and text.isdecimal()):
        raise SettingsWrong(f"{setting.name} is {text!r}; it must be a whole number")
    return int(text)


def secrets_dir(environment: Environment) -> Path:
    """Where keys and passwords lie as files."""
    return Path(SECRETS_DIR.of(environment))


def password_file(service: str) -> str:
    """Name of the secret by which a service connects to its database."""
    return f"{service}-postgres-password"


def kafka_password_file(user: str) -> str:
    """Name of the secret by which a user of Kafka is let in."""
    return f"{user}-kafka-password"


def read_secret(folder: Path, name: str) -> str:
    """One secret as text, without the line's end; raises OSError."""
    return (folder / name).read_text(encoding="utf-8").strip()


def database_url(service: str, environment: Environment) -> str:
    """As it is set, else the database on our own server, with the role and the password made for this service alone."""
    name = f"{service.upper()}_DATABASE_URL"
    if address := environment.get(name):
        return address
    password = _password("the database", password_file(service), f"{name} a whole address", environment)
    return f"postgresql://{service}:{quote(password, safe='')}@{DATABASE_SERVER.of(environment)}/{service}"


def kafka_address(user: str, environment: Environment) -> str:
    """As it is set, else with the password made for this user alone; `shared.kafka.connection` reads it.

    Without that password the address has none, and Kafka's refusal is told where it matters: a gate needs no Kafka.
    """
    address = KAFKA_BOOTSTRAP_SERVERS.of(environment)
    if "@" in address:
        return address
    try:
        password = kafka_password(user, environment)
    except SettingsWrong:
        password = ""
    return f"{user}:{quote(password, safe='')}@{address}"


def kafka_password(user: str, environment: Environment) -> str:
    """Raises SettingsWrong where none was made."""
    hint = f"{KAFKA_BOOTSTRAP_SERVERS.name} may be user:password@host:port"
    return _password("Kafka", kafka_password_file(user), hint, environment)


def _password(of_what: str, file: str, hint: str, environment: Environment) -> str:
    try:
        return read_secret(secrets_dir(environment), file)
    except OSError as error:
        raise SettingsWrong(
            f"the password of {of_what} cannot be read: {error.filename} (SECRETS_DIR names another folder, {hint})"
        ) from error
