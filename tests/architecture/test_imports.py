"""Who may import whom: the contracts of import-linter in pyproject.toml, and that they speak of every service."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from tests.architecture.sources import ROOT, files, tree

SERVICES = sorted(path.name for path in (ROOT / "services").iterdir() if (path / "__init__.py").exists())
# Rules need the standard library, signatures, and the platform's words for money, ids, errors, time and states.
ALLOWED_IN_RULES = (
    "cryptography.",
    "shared.money.",
    "shared.ids.",
    "shared.errors.",
    "shared.clock.",
    "shared.qr.",
    "shared.events.words.",
)


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


def _is_rule(path: Path) -> bool:
    """Pure code: domains, and the codes of tickets but their picture, tool and key files."""
    if path.parts[:3] == ("services", "ticketing", "codes"):
        return path.stem not in ("picture", "tool", "keys")
    return path.parts[0] == "services" and bool({"domain", "domain.py"} & set(path.parts))


def _is_pure(name: str) -> bool:
    if name.partition(".")[0] in sys.stdlib_module_names or f"{name}.".startswith(ALLOWED_IN_RULES):
        return True
    module = Path(*name.split("."))
    return _is_rule(module.with_suffix(".py")) or _is_rule(module.parent.with_suffix(".py"))


def test_rules_import_nothing_that_reaches_outside() -> None:
    found = [
        f"{path}:{line} {name}"
        for path in files(".py")
        if _is_rule(path)
        for line, name in _imported(path)
        if not _is_pure(name)
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
