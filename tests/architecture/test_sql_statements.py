"""Every SQL statement has one function that runs it, in the store, and every statement that is named exists."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.sql import load
from tests.architecture.sources import ROOT, files, text, tree

FOLDERS = {
    "shared": Path("shared/statements"),
    **{name: Path("services") / name / "sql" for name in ("ticketing", "payments", "analytics")},
}


@dataclass(frozen=True, slots=True)
class Use:
    """A function, by its file and name, that names a statement of an owner; `direct` as SQL["name"]."""

    owner: str
    statement: str
    path: Path
    function: str
    direct: bool


def _owner_of(path: Path) -> str:
    return path.parts[1] if path.parts[0] == "services" else "shared"


def _sql_names(path: Path) -> Mapping[str, str]:
    """What names in a file stand for statements, with their owner."""
    names = {"SQL": _owner_of(path)}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if alias.name == "SQL":
                    names[alias.asname or "SQL"] = _owner_of(Path(*(node.module or "").split(".")))
    return names


def _uses_in(path: Path) -> Iterator[Use]:
    names = _sql_names(path)
    for function in tree(path).body:
        label = getattr(function, "name", f"line {function.lineno}")
        inner = function.body if isinstance(function, ast.ClassDef) else [function]
        for part in inner:
            where = getattr(part, "name", label)
            yield from _uses_of(part, names, (path, where))


def _uses_of(part: ast.AST, names: Mapping[str, str], where: tuple[Path, str]) -> Iterator[Use]:
    for node in ast.walk(part):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in names:
            for constant in ast.walk(node.slice):
                if isinstance(constant, ast.Constant) and isinstance(constant.value, str):
                    yield Use(names[node.value.id], constant.value, *where, direct=True)


def _chosen_elsewhere(path: Path, statements: set[str]) -> Iterator[Use]:
    """In a file with SQL[a variable]: the strings that are names of statements."""
    names = _sql_names(path)
    is_open = any(
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id in names
        and not any(isinstance(inner, ast.Constant) for inner in ast.walk(node.slice))
        for node in ast.walk(tree(path))
    )
    if is_open:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Constant) and node.value in statements:
                yield Use(_owner_of(path), str(node.value), path, "(chosen)", direct=False)


def _statements(owner: str) -> set[str]:
    return set(load(ROOT / FOLDERS[owner]))


def _all_uses() -> list[Use]:
    uses: list[Use] = []
    for path in files(".py"):
        if path.parts[0] in ("services", "shared") and "SQL" in text(path):
            direct = list(_uses_in(path))
            known = {use.statement for use in direct}
            uses += direct
            uses += [use for use in _chosen_elsewhere(path, _statements(_owner_of(path))) if use.statement not in known]
    return uses


USES = _all_uses()


@pytest.mark.parametrize("owner", FOLDERS)
def test_every_statement_is_run_by_exactly_one_function(owner: str) -> None:
    by_statement: dict[str, set[str]] = defaultdict(set)
    for use in USES:
        if use.owner == owner and _owner_of(use.path) == owner:
            by_statement[use.statement].add(f"{use.path}:{use.function}")
    wrong = {name: sorted(by_statement[name]) for name in _statements(owner) if len(by_statement[name]) != 1}
    assert wrong == {}


def test_every_named_statement_exists_in_a_sql_file() -> None:
    missing = [
        f"{use.path}:{use.function} {use.statement}" for use in USES if use.statement not in _statements(use.owner)
    ]
    assert missing == []


@pytest.mark.parametrize("service", ["ticketing", "payments"])
def test_statements_are_run_from_the_store_only(service: str) -> None:
    store = Path("services") / service / "store"
    outside = [
        f"{use.path}:{use.function}"
        for use in USES
        if _owner_of(use.path) == service and use.owner == service and not use.path.is_relative_to(store)
    ]
    assert outside == []


def test_no_statement_selects_every_column() -> None:
    found = [
        f"{owner}: {name}"
        for owner in FOLDERS
        for name, statement in load(ROOT / FOLDERS[owner]).items()
        if "select *" in " ".join(statement.lower().split())
    ]
    assert found == []
