"""A database in which the demo was played is for real only once the made-up people have left it."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.local.secrets import ensure_secrets
from services.ticketing.app import build
from services.ticketing.people.usecases.demo_people import DemoPeople, Removed, remove_demo_people
from services.ticketing.people.usecases.first_people import seed_people
from shared.passes.auth import GATE
from shared.settings import Settings, SettingsWrong
from shared.storage import migrate
from tests.support.cluster import Cluster
from tests.support.doors_house import (
    HOST,
    MANAGER,
    OPERATOR,
    SEED,
    House,
    open_house,
    paired,
    refused_soon,
    sign_in_with,
)

MADE_UP = DemoPeople([person.person_id for person in SEED.people])


@pytest.fixture
async def house(cluster: Cluster) -> AsyncIterator[House]:
    async with open_house(cluster) as opened:
        yield opened


async def start(url: str, secrets: Path, profile: str) -> None:
    """What `prepare` asks of ticketing at every start."""
    service = await build(
        Settings.read("ticketing", {"TICKETING_DATABASE_URL": url, "SECRETS_DIR": str(secrets), "PROFILE": profile})
    )
    await migrate.migrate(url, service.migrations)
    assert service.seed is not None
    try:
        await service.seed()
    finally:
        await service.unit.pool.close()


async def test_a_start_for_real_refuses_while_made_up_people_could_come_in(
    cluster: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = f"demo_{uuid4().hex[:8]}"
    cluster.create_database(name)
    url, secrets = cluster.postgres_url(name), tmp_path / "secrets"
    ensure_secrets(secrets)
    await start(url, secrets, "demo")

    with pytest.raises(SettingsWrong, match=r"22 made-up people .* `\./run ticketing people remove-demo`"):
        await start(url, secrets, "")

    service = await build(Settings.read("ticketing", {"TICKETING_DATABASE_URL": url, "SECRETS_DIR": str(secrets)}))
    assert await service.unit.run(remove_demo_people, MADE_UP) == Removed(people=22, phones=0)
    await service.unit.pool.close()
    capsys.readouterr()
    await start(url, secrets, "")
    assert "/sign-in/invitation?token=" in capsys.readouterr().out
    cluster.drop_database(name)


async def test_what_is_known_of_removed_people_and_their_phones_opens_nothing(house: House) -> None:
    desk = await house.office(MANAGER)
    phone = await paired(house, desk)
    device_id = house.holds(phone, GATE).subject_id

    removed = await house.unit.run(remove_demo_people, MADE_UP)

    assert removed == Removed(people=4, phones=1)
    assert await refused_soon(desk, "/manage")
    assert house.revocations.end(device_id, house.now[0])
    assert (await sign_in_with(house.browser(), MANAGER.login, MANAGER.password)).status_code != 303
    secrets = "SELECT count(*) FROM persons WHERE pin_hash IS NOT NULL OR password_hash IS NOT NULL"
    assert await house.pool.fetchval(secrets) == 0
    assert sorted(await house.said()) == ["ticketing.device_revoked.v1"] + 4 * ["ticketing.person_revoked.v1"]
    assert await house.unit.run(remove_demo_people, MADE_UP) == Removed(people=0, phones=0)


async def test_removed_people_leave_their_logins_to_others_and_do_not_come_back(house: House) -> None:
    await house.unit.run(remove_demo_people, MADE_UP)

    assert await seed_people(house.unit, [MANAGER, OPERATOR, HOST]) == 0

    logins = [row["login"] for row in await house.pool.fetch("SELECT login FROM persons")]
    assert {MANAGER.login, OPERATOR.login} & set(logins) == set()
    assert len(logins) == 4
