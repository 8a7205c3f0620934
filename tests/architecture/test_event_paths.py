"""How far an event travels in the code: from the door that causes it to its last reader in few files.

None of them is visited twice, because no modules import each other in a circle (test_rooms.py).
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.events import BY_TYPE
from tests.architecture.sources import ROOT

# A person follows one event through at most so many files; the platform, which knows no event, counts as one.
MOST_FILES = 8
EVENTS = sorted({event.__name__ for event in BY_TYPE.values()})


def _names(tree: ast.AST) -> set[str]:
    """Every name that this code uses; what only a comment or a docstring says is none."""
    nodes = list(ast.walk(tree))
    return {
        *(node.id for node in nodes if isinstance(node, ast.Name)),
        *(node.attr for node in nodes if isinstance(node, ast.Attribute)),
        *(alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names),
    }


def _trees() -> Iterator[tuple[Path, ast.Module]]:
    for folder in ("services", "shared"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT), ast.parse(path.read_text())


TREES = dict(_trees())
NAMES = {path: _names(tree) for path, tree in TREES.items()}


def builders_of(event: str) -> set[str]:
    """The functions in a room's events.py that build it."""
    return {
        node.name
        for path, tree in TREES.items()
        if path.name == "events.py"
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and event in _names(node)
    }


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_is_followed_in_a_few_files(event: str) -> None:
    words = {event, *builders_of(event)}
    named_in = {"shared" if path.parts[0] == "shared" else str(path) for path, names in NAMES.items() if words & names}
    assert len(named_in) <= MOST_FILES, sorted(named_in)
