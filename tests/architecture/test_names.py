"""Names say what a thing is; words that say nothing are not used, and a test's name is the rule it tests."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.sources import files, functions, tree

EMPTY_WORDS = {"util", "utils", "helper", "helpers", "common", "manager", "base", "misc"}
# What each exception is, and why it keeps its name.
KNOWN = {
    "shared/events/common.py": "what every event has in common; the name is given by the shared layout",
    "shared/web/messages/common.toml": "texts of every page; the name is given by the shared layout",
    "shared/web/templates/base.html": "the frame that every page extends, as every Jinja project calls it",
    "shared/web/static/css/base.css": "the style of that frame",
}
FEWEST_WORDS = 4


def _words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)}


def test_no_file_has_a_name_that_says_nothing() -> None:
    named = [
        str(path)
        for path in files(".py", ".js", ".sql", ".html", ".css", ".toml")
        if _words(path.stem) & EMPTY_WORDS and str(path) not in KNOWN
    ]
    assert named == []


def test_no_folder_has_a_name_that_says_nothing() -> None:
    folders = {part for path in files(".py", ".js", ".sql", ".html") for part in path.parts[:-1]}
    assert sorted(folder for folder in folders if _words(folder) & EMPTY_WORDS) == []


def test_no_class_has_a_name_that_says_nothing() -> None:
    named = [
        f"{path}: {node.name}"
        for path in files(".py")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef) and _words(node.name) & EMPTY_WORDS
    ]
    assert named == []


def test_the_name_of_every_test_is_a_sentence() -> None:
    too_short = [
        f"{path}: {function.name}"
        for path in files(".py")
        if path.name.startswith("test_")
        for function in functions(path)
        if function.name.startswith("test_")
        and len([word for word in function.name.split("_")[1:] if word]) < FEWEST_WORDS
    ]
    assert too_short == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path)
        for path in files(".py")
        if tree(path).body and ast.get_docstring(tree(path)) is None and path.name != "__main__.py"
    ]
    assert silent == []


def test_a_set_of_words_has_one_home() -> None:
    """What one Literal lists, no second one lists: a copy would drift from it."""
    homes: dict[frozenset[str], list[str]] = {}
    for path in files(".py"):
        for name, members in _sets_of_words(path):
            if path.parts[0] in ("services", "shared"):
                homes.setdefault(members, []).append(f"{path}: {name}")
    assert [names for names in homes.values() if len(names) > 1] == []


def _sets_of_words(path: Path) -> Iterator[tuple[str, frozenset[str]]]:
    """Name and members of each `X = Literal[...]` of a file that lists texts only."""
    for node in tree(path).body:
        match node:
            case ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.Subscript(value=ast.Name(id="Literal"), slice=ast.Tuple(elts=members)),
            ):
                words = [member.value for member in members if isinstance(member, ast.Constant)]
                if len(words) == len(members):
                    yield name, frozenset(str(word) for word in words)
            case _:
                pass
