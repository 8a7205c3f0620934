"""Which container of docker-compose.yml is given which secret; that each starts with those, test_role_keys tries."""

from importlib import import_module
from pathlib import Path

import pytest

from deploy.local.secrets import ensure_secrets
from shared.kafka.users import RIGHTS
from shared.settings import KAFKA_ADMIN, KAFKA_BANK, SERVICES, Settings, kafka_password_file, password_file
from tests.support.compose import given, roles


def holders(secret: str) -> set[str]:
    return {container for container, files in given().items() if secret in files}


def test_only_what_signs_is_given_a_private_key() -> None:
    assert holders("ticket-key-1.pem") == {"ticketing-serve", "ticketing-consume"}
    assert holders("pass-key.pem") == {"ticketing-serve"}


@pytest.mark.parametrize("service", SERVICES)
def test_only_preparation_knows_another_password_than_that_of_the_services_own_database(service: str) -> None:
    mine = {container for container, (owner, _) in roles().items() if owner == service}
    assert holders(password_file(service)) == {"prepare", *mine}
    assert holders("postgres-password") == {"prepare", "postgres"}


@pytest.mark.parametrize("user", [KAFKA_ADMIN, *RIGHTS])
def test_only_preparation_knows_another_kafka_password_than_a_containers_own(user: str) -> None:
    mine = {container for container, (owner, role) in roles().items() if owner == user and role != "serve"}
    others = {KAFKA_ADMIN: {"kafka"}, KAFKA_BANK: {"bank"}}
    assert holders(kafka_password_file(user)) == {"prepare", *mine, *others.get(user, ())}


def test_what_serves_pages_to_the_internet_cannot_speak_on_kafka() -> None:
    facing = {container for container, (_, role) in roles().items() if role == "serve"}
    assert len(facing) == len(SERVICES)
    assert not [name for container in facing for name in given()[container] if "kafka" in name]


def test_the_door_to_the_internet_is_given_no_secret_and_the_bank_no_other_than_its_own() -> None:
    assert given()["caddy"] == set()
    assert given()["bank"] == {kafka_password_file(KAFKA_BANK)}


@pytest.mark.parametrize(
    ("container", "service"),
    [*((name, service) for name, (service, _) in roles().items()), *(("prepare", service) for service in SERVICES)],
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
