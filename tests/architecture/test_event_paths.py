"""How far an event travels in the code: from the door that causes it to its last reader in few files.

None of them is visited twice, because no modules import each other in a circle (test_rooms.py).
"""

import ast
from functools import cache
from pathlib import Path

import pytest

from shared.events import BY_TYPE
from tests.architecture.sources import files, tree

# A person follows one event through at most so many files; the platform, which knows no event, counts as one.
MOST_FILES = 8
EVENTS = sorted({event.__name__ for event in BY_TYPE.values()})


def _names(code: ast.AST) -> set[str]:
    """Every name that this code uses; what only a comment or a docstring says is none."""
    nodes = list(ast.walk(code))
    return {
        *(node.id for node in nodes if isinstance(node, ast.Name)),
        *(node.attr for node in nodes if isinstance(node, ast.Attribute)),
        *(alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names),
    }


def _ours() -> list[Path]:
    return [path for path in files(".py") if path.parts[0] in ("services", "shared")]


@cache
def _names_by_file() -> dict[Path, set[str]]:
    return {path: _names(tree(path)) for path in _ours()}


def builders_of(event: str) -> set[str]:
    """The functions in a room's events.py that build it."""
    return {
        node.name
        for path in _ours()
        if path.name == "events.py"
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef) and event in _names(node)
    }


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_is_followed_in_a_few_files(event: str) -> None:
    words = {event, *builders_of(event)}
    found = [path for path, names in _names_by_file().items() if words & names]
    named_in = {"shared" if path.parts[0] == "shared" else str(path) for path in found}
    assert len(named_in) <= MOST_FILES, sorted(named_in)
