"""Settings, read once from the environment; development needs none of them set."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

Profile = Literal["demo", "production"]
# Every service and the port it listens on unless told otherwise.
SERVICES: Mapping[str, int] = {"ticketing": 8101, "payments": 8102, "analytics": 8103}


class SettingsWrong(Exception):
    """A setting is missing or makes no sense; the text says which."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Of one service. `instance` names this process to Kafka's consumer groups and must differ between processes.

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
    solo: bool = False

    @classmethod
    def read(cls, service: str, environment: Mapping[str, str] = os.environ) -> "Settings":
        get = environment.get
        secrets = secrets_dir(environment)
        name = service.upper()
        return cls(
            service=service,
            database_url=get(f"{name}_DATABASE_URL")
            or _database(service, secrets, f"{get('DATABASE_HOST', '127.0.0.1')}:{get('DATABASE_PORT', '5439')}"),
            kafka_bootstrap=get("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9094"),
            topic_prefix=get("TOPIC_PREFIX", ""),
            secrets_dir=secrets,
            public_origin=get("PUBLIC_ORIGIN", "http://localhost:8080").rstrip("/"),
            profile=_profile(get("PROFILE", "demo")),
            host=get("HOST", "127.0.0.1"),
            port=_number(f"{name}_PORT", get(f"{name}_PORT", str(SERVICES.get(service, 0)))),
            instance=get("INSTANCE_ID") or socket.gethostname(),
            pool_size=_number("DATABASE_POOL_SIZE", get("DATABASE_POOL_SIZE", "12")),
            log_level=get("LOG_LEVEL", "INFO").upper(),
            demo_sign_ins=Path(get("DEMO_SIGN_INS", secrets.parent / "demo-sign-ins.txt")),
        )


def secrets_dir(environment: Mapping[str, str]) -> Path:
    """Where keys and passwords lie as files."""
    return Path(environment.get("SECRETS_DIR", ".local/secrets"))


def password_file(service: str) -> str:
    """Name of the secret by which a service connects to its database."""
    return f"{service}-postgres-password"


def read_secret(folder: Path, name: str) -> str:
    """One secret as text, without the line's end; raises OSError."""
    return (folder / name).read_text(encoding="utf-8").strip()


def _database(service: str, secrets: Path, server: str) -> str:
    """The service's database on our own server, with the role and the password that were made for it alone."""
    try:
        password = read_secret(secrets, password_file(service))
    except OSError as error:
        raise SettingsWrong(f"{service.upper()}_DATABASE_URL is not set and {error.filename} cannot be read") from error
    return f"postgresql://{service}:{quote(password, safe='')}@{server}/{service}"


def _profile(text: str) -> Profile:
    match text:
        case "demo" | "production":
            return text
        case _:
            pass
    raise SettingsWrong(f"PROFILE is {text!r}; it must be demo or production")


def _number(name: str, text: str) -> int:
    if not text.isdecimal():
        raise SettingsWrong(f"{name} is {text!r}; it must be a whole number")
    return int(text)
