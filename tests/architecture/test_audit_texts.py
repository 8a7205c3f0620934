"""Whatever is written into the audit can be read there: each action and each detail has its words."""

import ast
from collections.abc import Iterator, Sequence

from shared.web.texts import Texts
from tests.architecture.sources import ROOT
from tests.support.texts import EVERY_TEXT

_ACTION_AT = 3


def notes(folders: Sequence[str] = ("services", "shared")) -> Iterator[tuple[str, ast.Call, ast.AST]]:
    """Every call of audit.note, with its file and the function around it."""
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*.py")):
            for function in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if not isinstance(function, ast.AsyncFunctionDef | ast.FunctionDef):
                    continue
                for call in ast.walk(function):
                    if isinstance(call, ast.Call) and ast.unparse(call.func) == "audit.note":
                        yield file.name, call, function


def actions_of(call: ast.Call, function: ast.AST) -> set[str]:
    """The action as it is written there, or those that the name used can stand for."""
    written = call.args[_ACTION_AT]
    if isinstance(written, ast.Name):
        [written] = assigned(written, function)
    parts = [written.body, written.orelse] if isinstance(written, ast.IfExp) else [written]
    assert all(isinstance(part, ast.Constant) for part in parts), f"{ast.unparse(written)} is no word to be found"
    return {str(ast.literal_eval(part)) for part in parts}


def assigned(name: ast.expr, function: ast.AST) -> list[ast.expr]:
    """What the function gives this name."""
    return [
        node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and node.value is not None
        and ast.unparse(name) in {ast.unparse(target) for target in _targets(node)}
    ]


def details_of(call: ast.Call, function: ast.AST) -> Iterator[str]:
    """Names of what is told besides; of `**these` those of the dict that the function made under this name."""
    for keyword in call.keywords:
        if keyword.arg is not None:
            yield keyword.arg
            continue
        dicts = [value for value in assigned(keyword.value, function) if isinstance(value, ast.Dict)]
        assert dicts, f"{ast.unparse(keyword.value)} is made elsewhere: name what is told where it is noted"
        yield from (ast.literal_eval(key) for found in dicts for key in found.keys if key is not None)


def _targets(node: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def test_every_action_is_written_as_a_word_and_has_its_text() -> None:
    words = {word for _, call, function in notes() for word in actions_of(call, function)}
    assert {"signed_in", "order_undone"} <= words
    assert {word for word in words if not EVERY_TEXT.knows(f"audit.action.{word}")} == set()


def test_every_detail_has_its_label() -> None:
    names = {name for _, call, function in notes() for name in details_of(call, function)}
    assert {"reason", "paid_vnd", "pin", "address"} <= names
    assert {name for name in names if not EVERY_TEXT.knows(f"audit.detail.{name}")} == set()


def test_what_every_service_notes_has_its_words_in_every_service() -> None:
    common = {word for _, call, function in notes(("shared",)) for word in actions_of(call, function)}
    assert {"dead_letter_settled", "consumer_resumed"} <= common
    assert {word for word in common if not Texts.of().knows(f"audit.action.{word}")} == set()
