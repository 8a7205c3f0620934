"""The project's own files and functions, as the architecture tests look at them."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("deploy", "services", "shared", "tests")
# Of others, fetched or kept as they are.
_FOREIGN = ("vendor", "node_modules", "__pycache__")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def files(*suffixes: str) -> list[Path]:
    """Our files with these suffixes, relative to the root."""
    found = [
        path.relative_to(ROOT)
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*")
        if path.suffix in suffixes and not any(part in _FOREIGN for part in path.parts)
    ]
    return sorted(found)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(text(path))


@cache
def text(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def functions(path: Path) -> Iterator[Function]:
    """All functions of a Python file, methods and inner ones too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, Function):
            yield node


def sql_folders() -> list[Path]:
    """The folders of named statements, one a room, relative to the root."""
    found = [path.relative_to(ROOT) for folder in FOLDERS for path in (ROOT / folder).rglob("sql") if path.is_dir()]
    return sorted(found)
