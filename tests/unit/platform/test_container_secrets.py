"""Which container of docker-compose.yml is given which secret, and that no service needs more than it is given."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from deploy.local.secrets import ensure_secrets
from shared.kafka.users import RIGHTS
from shared.settings import KAFKA_ADMIN, KAFKA_BANK, SERVICES, Settings, kafka_password_file, password_file

TEXT = Path("docker-compose.yml").read_text(encoding="utf-8")
PRIVATE = {"ticket-key-1.pem", "pass-key.pem"}


def blocks(section: str) -> dict[str, str]:
    """The named blocks of a top-level section."""
    (body,) = re.findall(rf"^{section}:.*\n((?:(?: .*|#.*)?\n)+)", TEXT, re.MULTILINE)
    parts = re.split(r"^  ([\w-]+):", body, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def files_in(block: str) -> set[str]:
    """The names under which the listed secrets stand in the container."""
    listed = re.findall(
        r"- \{source: [\w-]+, target: ([\w.-]+)\}|- ([\w-]+)$|secrets: \[([\w-]+)\]", block, re.MULTILINE
    )
    return {name for names in listed for name in names if name}


def given() -> dict[str, set[str]]:
    """Each container with the files of its secrets, its own or what all of ours have."""
    (app,) = re.findall(r"^x-app:.*\n((?:  .*\n)+)", TEXT, re.MULTILINE)
    kinds = {re.findall(r"&([\w-]+)", block)[0]: files_in(block) for block in blocks("x-secrets").values()}
    containers: dict[str, set[str]] = {}
    for container, block in blocks("services").items():
        named = re.findall(r"^    secrets: \*([\w-]+)$", block, re.MULTILINE)
        own = kinds[named[0]] if named else files_in(block)
        containers[container] = own or (files_in(app) if "<<: *app" in block else own)
    return containers


def test_the_private_keys_are_given_to_ticketing_and_preparation_alone() -> None:
    signing = {container for container, files in given().items() if files & PRIVATE}
    assert signing == {"prepare", "ticketing-serve", "ticketing-consume", "ticketing-relay"}


@pytest.mark.parametrize("service", SERVICES)
def test_only_preparation_knows_another_password_than_that_of_the_services_own_database(service: str) -> None:
    mine = {f"{service}-serve", f"{service}-consume", f"{service}-relay"} & set(given())
    holders = {container for container, files in given().items() if password_file(service) in files}
    assert holders == {"prepare", *mine}
    assert {"prepare", "postgres"} == {name for name, files in given().items() if "postgres-password" in files}


@pytest.mark.parametrize("user", [KAFKA_ADMIN, *RIGHTS])
def test_only_preparation_knows_another_kafka_password_than_a_containers_own(user: str) -> None:
    mine = {container for container in given() if container.partition("-")[0] == user}
    holders = {container for container, files in given().items() if kafka_password_file(user) in files}
    assert holders == {"prepare", *mine, *({"kafka"} if user == KAFKA_ADMIN else ())}


def test_the_door_to_the_internet_is_given_no_secret_and_the_bank_no_other_than_its_own() -> None:
    assert given()["caddy"] == set()
    assert given()["bank"] == {kafka_password_file(KAFKA_BANK)}


@pytest.mark.parametrize(
    ("container", "service"),
    [
        *((name, name.partition("-")[0]) for name in given() if name.partition("-")[0] in SERVICES),
        *(("prepare", service) for service in SERVICES),
    ],
)
async def test_a_service_can_be_built_from_the_secrets_its_container_is_given(
    container: str, service: str, tmp_path: Path
) -> None:
    leave_only(given()[container], tmp_path)
    built = await import_module(f"services.{service}.app").build(
        Settings.read(service, {"SECRETS_DIR": str(tmp_path), "PROFILE": "production"})
    )
    assert built.name == service
    await built.unit.pool.close()


def leave_only(names: set[str], folder: Path) -> None:
    """Makes all secrets and takes away what is not named."""
    ensure_secrets(folder)
    for file in folder.iterdir():
        if file.name not in names:
            file.unlink()
