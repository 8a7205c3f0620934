"""Every setting has one name, is declared once, is read by somebody, and stands in docs/settings.md."""

import re
from pathlib import Path

import pytest

from deploy.tools import settings_page
from shared import settings as known
from shared.settings import Settings, SettingsWrong
from tests.architecture.sources import ROOT, files

DECLARED = set(known.BY_NAME)
# Of others: the machine's own, Python's, Caddy's, PostgreSQL's and Kafka's, and what the browser's driver wants.
_OF_OTHERS = re.compile(r"PATH|HOME|PYTHON\w+|NO_COLOR|XDG_\w+|PG\w+|POSTGRES_\w+|KAFKA_(?!BOOT|REPLICATION)\w+|PWD")
_READS = (
    r"environ(?:ment)?(?:\.get\(|\[)\s*\"([A-Z][A-Z_]+)\"",  # Python
    r"\$\{([A-Z_]+)",  # docker compose
    r"\{\$([A-Z_]+)",  # Caddy
    r"\b(MOT_CHAM_[A-Z_]+)\b",
)


def _texts() -> dict[Path, str]:
    """What reads settings, and the pages that speak of them."""
    pages = [path.relative_to(ROOT) for path in ROOT.glob("docs/**/*.md")]
    others = [Path(name) for name in ("run", "docker-compose.yml", "README.md", "CONTRIBUTING.md")]
    deployed = [Path("deploy/Caddyfile"), Path("deploy/Dockerfile")]
    return {path: (ROOT / path).read_text(encoding="utf-8") for path in (*files(".py"), *pages, *others, *deployed)}


def test_what_is_read_from_the_environment_is_declared() -> None:
    unknown = {
        (str(path), name)
        for path, text in _texts().items()
        if path != Path("tests/unit/platform/test_settings.py")
        for pattern in _READS
        for name in re.findall(pattern, text)
        if name not in DECLARED and not _OF_OTHERS.fullmatch(name) and name != "PYTEST_XDIST_WORKER"
    }
    assert unknown - {("tests/support/small_service.py", "DIE")} == set()


def test_every_declared_setting_is_read_somewhere() -> None:
    rest = "\n".join(
        text for path, text in _texts().items() if path.suffix != ".md" and path != Path("shared/settings.py")
    )
    made = {setting.name for group in (known.PORTS, known.DATABASE_URLS) for setting in group.values()}
    assert {name for name in DECLARED - made if not re.search(rf"\b{name}\b", rest)} - _read_by_settings() == set()


def _read_by_settings() -> set[str]:
    """What the class Settings reads in the very file of the declarations."""
    text = (ROOT / "shared/settings.py").read_text(encoding="utf-8")
    return set(re.findall(r"\b([A-Z_]+)\.(?:of|name)\b", text)) | set(re.findall(r"whole_number\(([A-Z_]+)", text))


def test_a_setting_is_declared_once_and_says_what_it_means() -> None:
    assert len(DECLARED) == len(known.ALL)
    assert all(setting.meaning and setting.readers for setting in known.ALL)


def test_the_page_of_settings_is_fresh(tmp_path: Path) -> None:
    assert settings_page.is_fresh(settings_page.PAGE)
    (tmp_path / "old.md").write_text(settings_page.page().replace("8080", "8081"), encoding="utf-8")
    assert not settings_page.is_fresh(tmp_path / "old.md")


@pytest.mark.parametrize("environment", [{}, {"PROFILE": ""}])
def test_an_unset_profile_is_production(environment: dict[str, str]) -> None:
    assert known.profile(environment) == "production"


def test_caddy_shows_no_simulated_bank_while_no_profile_is_set() -> None:
    assert '{$PROFILE:production}" == "demo"' in (ROOT / "deploy/Caddyfile").read_text(encoding="utf-8")


def test_an_address_that_is_not_set_follows_the_port_of_this_machine(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "payments-postgres-password").write_text("word")
    (tmp_path / "secrets" / "payments-kafka-password").write_text("other word")
    moved = {
        "MOT_CHAM_KAFKA_PORT": "1",
        "MOT_CHAM_POSTGRES_PORT": "2",
        "MOT_CHAM_PORT": "3",
        "MOT_CHAM_DATA": str(tmp_path),
    }
    read = Settings.read("payments", moved)
    assert read.kafka_bootstrap == "payments:other%20word@127.0.0.1:1"
    assert read.database_url == "postgresql://payments:word@127.0.0.1:2/payments"
    assert read.public_origin == "http://localhost:3"
    assert read.demo_sign_ins == tmp_path / "demo-sign-ins.txt"


def test_a_password_that_is_not_there_is_named_with_the_settings_that_help(tmp_path: Path) -> None:
    with pytest.raises(
        SettingsWrong, match=rf"{tmp_path}/analytics-postgres-password .*SECRETS_DIR.*ANALYTICS_DATABASE_URL"
    ):
        Settings.read("analytics", {"SECRETS_DIR": str(tmp_path)})
