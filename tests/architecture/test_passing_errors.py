"""Which errors of the database pass is said in one place: loops and doors take the list whole."""

import ast
from pathlib import Path

from tests.architecture.sources import files, text, tree

LIST = "shared/storage/db.py"
# Only connecting is tried again here, or only what a second try at once cures.
PARTS = {
    "AWAY": {"shared/storage/migrate.py", "deploy/prepare.py"},
    "COLLIDED": {"shared/unit/unit.py", "services/analytics/stream/rebuild.py"},
}
# What is no matter of time, or of waiting for a lock on purpose.
OTHERS = {
    "shared/web/problems.py": {"CharacterNotInRepertoireError"},
    "services/analytics/stream/ingest.py": {"UniqueViolationError"},
    "services/analytics/stream/rebuild.py": {"LockNotAvailableError"},
}


def test_a_part_of_the_list_is_taken_only_where_the_whole_would_be_wrong() -> None:
    found = {
        name: {str(path) for path in files(".py") if path.parts[0] != "tests" and name in _imported(path)}
        for name in PARTS
    }
    assert found == PARTS


def test_no_other_file_names_errors_of_the_database() -> None:
    found = {
        str(path): names
        for path in files(".py")
        if path.parts[0] != "tests" and str(path) != LIST and (names := _errors_of_asyncpg(path))
    }
    assert found == OTHERS


def _imported(path: Path) -> set[str]:
    return {
        alias.name
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and node.module == "shared.storage.db"
        for alias in node.names
    }


def _errors_of_asyncpg(path: Path) -> set[str]:
    if "asyncpg" not in text(path):
        return set()
    found = {
        node.attr
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "asyncpg"
    }
    found |= {
        alias.name
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("asyncpg")
        for alias in node.names
    }
    return {item for item in found if item.endswith("Error")}
