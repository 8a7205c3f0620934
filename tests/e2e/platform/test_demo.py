"""`./run demo` on the system as it stands: one family, one short transfer, one homestay evening."""

import asyncio
import os
from pathlib import Path

import pytest

from tests.support.forks import fork, wait_for
from tests.support.system import System

pytestmark = pytest.mark.slow


async def test_the_demo_is_played_to_its_end(system: System, tmp_path: Path) -> None:
    said = tmp_path / "said.txt"
    playing = fork("deploy.simulator.demo", env={**os.environ, **system.environment}, output=said)
    code = await asyncio.to_thread(wait_for, playing)
    assert code == 0, said.read_text(encoding="utf-8")
    assert "payments.cash_recorded.v1" in said.read_text(encoding="utf-8")
