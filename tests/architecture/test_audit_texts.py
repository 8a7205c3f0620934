"""Whatever is written into the audit can be read there: each action and each detail has its words."""

import ast
from collections.abc import Iterator

from tests.architecture.sources import ROOT
from tests.support.texts import EVERY_TEXT

_ACTION_AT = 3


def notes() -> Iterator[tuple[str, ast.Call, ast.AST]]:
    """Every call of audit.note, with its file and the function around it."""
    for folder in ("services", "shared"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            for function in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if not isinstance(function, ast.AsyncFunctionDef | ast.FunctionDef):
                    continue
                for call in ast.walk(function):
                    if isinstance(call, ast.Call) and ast.unparse(call.func) == "audit.note":
                        yield file.name, call, function


def details_of(call: ast.Call, function: ast.AST) -> Iterator[str]:
    """Names of what is told besides; of `**these` those of the dict that the function made under this name."""
    for keyword in call.keywords:
        if keyword.arg is not None:
            yield keyword.arg
            continue
        dicts = [
            node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign | ast.AnnAssign)
            and isinstance(node.value, ast.Dict)
            and ast.unparse(keyword.value) in {ast.unparse(target) for target in _targets(node)}
        ]
        assert dicts, f"{ast.unparse(keyword.value)} is made elsewhere: name what is told where it is noted"
        yield from (ast.literal_eval(key) for found in dicts for key in found.keys if key is not None)


def _targets(node: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def test_every_action_is_written_as_a_word_and_has_its_text() -> None:
    actions = {call.args[_ACTION_AT] for _, call, _ in notes()}
    words = {action.value for action in actions if isinstance(action, ast.Constant) and isinstance(action.value, str)}
    assert len(words) > 10
    assert [ast.unparse(action) for action in actions if not isinstance(action, ast.Constant)] == []
    assert {word for word in words if not EVERY_TEXT.knows(f"audit.action.{word}")} == set()


def test_every_detail_has_its_label() -> None:
    names = {name for _, call, function in notes() for name in details_of(call, function)}
    assert {"reason", "paid_vnd", "pin", "address"} <= names
    assert {name for name in names if not EVERY_TEXT.knows(f"audit.detail.{name}")} == set()
