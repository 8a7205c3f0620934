"""What Caddy answers by itself, with nobody behind it: it opens nothing, nobody keeps it, people get words."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from deploy.local.caddy import CADDYFILE
from deploy.local.paths import ROOT
from deploy.local.process import Program, wait_until
from deploy.local.system import caddy_program
from shared.settings import SERVICES
from tests.support.ports import free_ports
from tests.support.waiting import PATIENCE_S


@pytest.fixture
def door(tmp_path: Path) -> Iterator[str]:
    """The address of a door behind which nobody is."""
    port, nobody = free_ports(2)
    environment = {f"{name.upper()}_UPSTREAM": f"127.0.0.1:{nobody}" for name in SERVICES} | {
        "SITE_ADDRESS": f"http://:{port}",
        "MOT_CHAM_BIND": "127.0.0.1",
        "XDG_DATA_HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
    }
    command = [str(caddy_program()), "run", "--adapter", "caddyfile", "--config", str(CADDYFILE)]
    caddy = Program("caddy", command, tmp_path / "log", tmp_path / "caddy.pid", folder=ROOT, env=environment)
    caddy.start()
    origin = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return httpx.get(f"{origin}/metrics", trust_env=False).status_code == 404
        except httpx.TransportError:
            assert caddy.pid() is not None, caddy.last_words()
            return False

    try:
        wait_until(answers, PATIENCE_S, "Caddy answers")
        yield origin
    finally:
        caddy.stop()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "status"), [("/metrics", 404), ("/health/ready", 404), ("/", 502), ("/manage/audit/payments", 502)]
)
def test_the_doors_own_answers_open_nothing_and_are_kept_by_nobody(door: str, path: str, status: int) -> None:
    answer = httpx.get(door + path, trust_env=False, timeout=PATIENCE_S)
    assert answer.status_code == status
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'"
    assert answer.headers["cache-control"] == "no-store"
    assert "server" not in answer.headers
    if status >= 500:
        assert answer.headers["retry-after"] == "5"
        assert 'lang="vi"' in answer.text
        assert 'lang="en"' in answer.text
