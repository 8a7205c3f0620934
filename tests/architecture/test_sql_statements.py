"""Every SQL statement has one function that runs it, in its own room, and every statement that is named exists."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from shared.storage.sql import load
from tests.architecture.sources import ROOT, files, sql_folders, text, tree

# A room by the folder that its statements lie in.
ROOMS = {str(folder.parent): folder for folder in sql_folders()}


@dataclass(frozen=True, slots=True)
class Use:
    """A function, by its file and name, that names a statement of a room; `direct` as SQL["name"]."""

    room: str
    statement: str
    path: Path
    function: str
    direct: bool


def _room_of(path: Path) -> str:
    """The nearest folder above a file that has statements; "" if there is none."""
    return next((str(folder) for folder in path.parents if str(folder) in ROOMS), "")


def _sql_names(path: Path) -> Mapping[str, str]:
    """What names in a file stand for statements, with their room."""
    names = {"SQL": _room_of(path)}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if alias.name == "SQL":
                    names[alias.asname or "SQL"] = _room_of(Path(*(node.module or "").split("."), "x.py"))
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
                yield Use(_room_of(path), str(node.value), path, "(chosen)", direct=False)


def _statements(room: str) -> set[str]:
    return set(load(ROOT / ROOMS[room])) if room else set()


@cache
def _all_uses() -> list[Use]:
    uses: list[Use] = []
    for path in files(".py"):
        if path.parts[0] in ("services", "shared") and "SQL" in text(path):
            direct = list(_uses_in(path))
            known = {use.statement for use in direct}
            uses += direct
            uses += [use for use in _chosen_elsewhere(path, _statements(_room_of(path))) if use.statement not in known]
    return uses


@pytest.mark.parametrize("room", ROOMS)
def test_every_statement_is_run_by_exactly_one_function(room: str) -> None:
    by_statement: dict[str, set[str]] = defaultdict(set)
    for use in _all_uses():
        if use.room == room:
            by_statement[use.statement].add(f"{use.path}:{use.function}")
    wrong = {name: sorted(by_statement[name]) for name in _statements(room) if len(by_statement[name]) != 1}
    assert wrong == {}


def test_every_named_statement_exists_in_a_sql_file() -> None:
    missing = [
        f"{use.path}:{use.function} {use.statement}"
        for use in _all_uses()
        if use.statement not in _statements(use.room)
    ]
    assert missing == []


def test_no_room_runs_the_statements_of_another() -> None:
    assert [f"{use.path}:{use.function} {use.room}" for use in _all_uses() if use.room != _room_of(use.path)] == []


def test_no_statement_selects_every_column() -> None:
    found = [
        f"{room}: {name}"
        for room, folder in ROOMS.items()
        for name, statement in load(ROOT / folder).items()
        if "select *" in " ".join(statement.lower().split())
    ]
    assert found == []


@pytest.mark.parametrize("room", ROOMS)
def test_every_statement_says_what_for_and_by_which_index_or_lock_it_lives(room: str) -> None:
    silent = [name for name, statement in load(ROOT / ROOMS[room]).items() if not statement.startswith("-- ")]
    assert silent == []


@pytest.mark.parametrize("service", ["ticketing", "payments"])
def test_statements_are_run_from_the_store_only(service: str) -> None:
    outside = [
        f"{use.path}:{use.function}"
        for use in _all_uses()
        if use.path.parts[:2] == ("services", service) and not {"store", "store.py"} & set(use.path.parts)
    ]
    assert outside == []
