"""Who may import whom: the contracts of import-linter in pyproject.toml, and that they speak of every service."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.sources import ROOT, files, tree

SERVICES = sorted(path.name for path in (ROOT / "services").iterdir() if (path / "__init__.py").exists())
# Rules need the standard library, signatures, and the platform's words for money, ids, errors and time.
ALLOWED_IN_RULES = {
    "cryptography",
    "shared.money",
    "shared.ids",
    "shared.errors",
    "shared.clock",
    "shared.qr.images",
}


def _contracts() -> list[dict[str, Any]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts: list[dict[str, Any]] = settings["tool"]["importlinter"]["contracts"]
    return contracts


def test_the_import_contracts_are_kept() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    ran = subprocess.run([linter, "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_every_service_is_in_the_contract_of_independence() -> None:
    independent = next(contract for contract in _contracts() if contract["type"] == "independence")
    assert sorted(independent["modules"]) == [f"services.{name}" for name in SERVICES]


def _imported(path: Path) -> list[tuple[int, str]]:
    """Line and full name of each module, or thing in a module, that a file imports."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            found += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_rules_import_nothing_that_reaches_outside(service: str) -> None:
    own = f"services.{service}.domain"
    found = [
        f"{path}:{line} {name}"
        for path in files(".py")
        if path.parts[:3] == ("services", service, "domain")
        for line, name in _imported(path)
        if name.partition(".")[0] not in sys.stdlib_module_names
        and not any(name == allowed or name.startswith(f"{allowed}.") for allowed in (own, *ALLOWED_IN_RULES))
    ]
    assert found == []


def test_services_import_nothing_of_ours_but_shared_and_themselves() -> None:
    found = [
        f"{path}:{line} {name}"
        for path in files(".py")
        if path.parts[0] == "services"
        for line, name in _imported(path)
        if name.startswith(("deploy.", "tests."))
    ]
    assert found == []
