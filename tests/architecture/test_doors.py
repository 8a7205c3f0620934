"""Doors run use-cases by the names that app.py bound them under, so that from a route one finds the use-case."""

import ast
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, files, tree

# The services whose doors are bound so.
BOUND = ("ticketing",)


def doors_of(service: str) -> list[Path]:
    room = Path("services", service)
    return [path for path in files(".py") if room in path.parents and ("api" in path.parts or path.stem == "api")]


@pytest.mark.parametrize("service", BOUND)
def test_no_door_runs_a_use_case_or_asks_the_database_by_itself(service: str) -> None:
    by_hand = [
        f"{path}:{node.lineno} .{node.attr}"
        for path in doors_of(service)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr in ("unit", "pool", "run", "acquire")
    ]
    assert by_hand == []


@pytest.mark.parametrize("service", BOUND)
def test_every_bound_use_case_has_its_own_name(service: str) -> None:
    """`place_order=Bound(unit, partial(place_order, ...))`: the field is called as the function is."""
    other_names = [
        f"{keyword.arg} is {_bound(keyword.value)}"
        for node in ast.walk(tree(Path("services", service, "app.py")))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if _bound(keyword.value) not in (None, keyword.arg)
    ]
    assert (ROOT / "services" / service / "app.py").exists()
    assert other_names == []


def _bound(value: ast.expr) -> str | None:
    """The function's name in Bound(unit, f), together(unit, f), Reader(pool, f) or one of them with partial(f, ...)."""
    if not (isinstance(value, ast.Call) and getattr(value.func, "id", "") in ("Bound", "Reader", "together")):
        return None
    function = value.args[1]
    if isinstance(function, ast.Call):
        function = function.args[0]
    return function.id if isinstance(function, ast.Name) else None


def test_a_cookie_that_opens_something_is_found_by_its_exact_bytes() -> None:
    """`token_in` does it; `request.cookies` cuts signs that a stranger may put before a name of ours."""
    loosely = {
        str(path)
        for path in files(".py")
        if path.parts[0] in ("services", "shared")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr == "cookies"
    }
    assert loosely == {"shared/web/pages.py"}  # the language, which opens nothing
