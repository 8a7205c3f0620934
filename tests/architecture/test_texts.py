"""What must not stand in the sources: prints outside tools, paths of one machine, silenced type checks."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.sources import FOLDERS, ROOT, files, text, tree

# Commands that a person starts in a shell speak by printing.
TOOLS = ("__main__.py", "commands.py")
TOOL_FILES = ("deploy/console.py", "services/ticketing/app.py", "shared/kafka/topics.py")
TOOL_FOLDERS = ("deploy/local", "deploy/simulator", "tests")
# Also the files at the root and the documents are read by everybody.
MORE = ("docs", "contracts", "requirements", ".ci")
_READABLE = {".py", ".js", ".sql", ".toml", ".md", ".json", ".html", ".css", ".txt", ".yml", ".xml", ".csv", ".pyi", ""}
# Written apart, so that this file does not find itself.
MACHINE = re.compile("|".join(("/" + "work/", "/" + "root/", "/" + r"home/[a-z]", "/" + r"Users/[a-z]")))


def _may_print(path: Path) -> bool:
    return (
        any(path.match(pattern) for pattern in TOOLS)
        or str(path) in TOOL_FILES
        or any(path.is_relative_to(folder) for folder in TOOL_FOLDERS)
    )


def test_nothing_is_printed_outside_tools() -> None:
    prints = [
        f"{path}:{node.lineno}"
        for path in files(".py")
        if not _may_print(path)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert prints == []


def _everything() -> list[Path]:
    at_root = [path for path in ROOT.iterdir() if path.is_file()]
    below = [path for folder in (*FOLDERS, *MORE) for path in (ROOT / folder).rglob("*") if path.is_file()]
    return [
        path
        for path in (*at_root, *below)
        if path.suffix in _READABLE and not {"vendor", "__pycache__", "node_modules"} & set(path.parts)
    ]


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in _everything()
        if MACHINE.search(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []


def test_type_checks_are_not_silenced_in_services_and_shared() -> None:
    silenced = [
        str(path)
        for path in files(".py")
        if path.parts[0] in ("services", "shared") and re.search(r"#\s*(type|pyright):\s*ignore", text(path))
    ]
    assert silenced == []


@pytest.mark.parametrize("suffix", [".html"])
def test_pages_carry_no_inline_script_or_style(suffix: str) -> None:
    inline = re.compile(
        r"<style\b|\sstyle=|\son[a-z]+=\"|<script(?![^>]*(\bsrc=|type=\"application/json\"))", re.IGNORECASE
    )
    assert [str(path) for path in files(suffix) if inline.search(text(path))] == []


def test_every_todo_names_a_person_and_a_condition() -> None:
    loose = re.compile(r"\bTODO\b(?!\(\w+\): .+ until .+)")
    found = [
        f"{path}:{number}"
        for path in files(".py", ".js", ".sql", ".html")
        if path.parts[:2] != ("tests", "architecture")
        for number, line in enumerate(text(path).splitlines(), 1)
        if loose.search(line)
    ]
    assert found == []
