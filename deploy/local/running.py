"""Where the system is that a command is for: what `./run up` gave its parts, or the containers of docker compose."""

import json
import os
import shutil
import subprocess
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from deploy.local.paths import ROOT, RUNNING
from deploy.local.process import started_ticks
from shared import settings as known
from shared.settings import Environment

_FILE = "settings.json"
_DOCKER_LIMIT_S = 20
# Whoever sets one of these says where the system is, and is believed.
_ADDRESSES = (known.DATABASE_SERVER, known.KAFKA_BOOTSTRAP_SERVERS, *known.DATABASE_URLS.values())


@contextmanager
def told_to_commands(given: Mapping[str, str], folder: Path = RUNNING) -> Generator[None]:
    """While it lasts, commands find this machine's system by the settings that its parts were given."""
    own = {name: os.environ[name] for name in known.BY_NAME if name in os.environ}
    whole = {"of": [os.getpid(), started_ticks(os.getpid())], "settings": own | dict(given)}
    folder.mkdir(parents=True, exist_ok=True)
    file, half_made = folder / _FILE, folder / f"{_FILE}.new"
    half_made.touch(0o600)  # an address may hold a password
    half_made.write_text(json.dumps(whole), encoding="utf-8")
    half_made.rename(file)
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def names_another(environment: Environment = os.environ) -> bool:
    """True when the environment itself says where the stores are."""
    return any(environment.get(setting.name) for setting in _ADDRESSES)


def settings_of_this_machine() -> dict[str, str] | None:
    """What the running `./run up` gave its parts; None when there is none."""
    try:
        read = json.loads((RUNNING / _FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    pid, ticks = read["of"]
    settings: dict[str, str] = read["settings"]
    return settings if started_ticks(pid) == ticks else None


def command_in_container(service: str) -> list[str] | None:
    """What to put before a command for it to run where the service's containers are; None when there are none.

    Where a service consumes there is all that a command needs: Kafka's password, and for tickets of what is replayed
    their key. While `prepare` holds the services up only PostgreSQL and Kafka run, and the command gets a container of
    its own.
    """
    running = _running_containers()
    container = f"{service}-consume"
    if container in running:
        return ["docker", "compose", "exec", "-T", container]
    if "postgres" in running:
        return ["docker", "compose", "run", "--rm", "--no-deps", "-T", container]
    return None


def what_was_tried() -> str:
    """One line for whoever's command found no system."""
    docker = "no container of docker compose runs here" if shutil.which("docker") else "there is no docker"
    folder = f"{RUNNING.parent}, MOT_CHAM_DATA names another folder"
    return f"Looked for the system: `./run up` is not running ({folder}), and {docker}"


def _running_containers() -> set[str]:
    if shutil.which("docker") is None or not Path(ROOT / "docker-compose.yml").exists():
        return set()
    asked = ["docker", "compose", "ps", "--status", "running", "--services"]
    try:
        done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False, timeout=_DOCKER_LIMIT_S)
    except (OSError, subprocess.TimeoutExpired):
        return set()
    return set(done.stdout.split()) if done.returncode == 0 else set()
