"""The plan of the house: how many rooms and arrows between them, no circle, and by which doors a room is entered."""

from collections.abc import Iterable, Mapping
from functools import cache

import grimp
import pytest

from tests.architecture.sources import ROOT

MOST_ROOMS = 11
MOST_ARROWS = 30
SERVICES = sorted(path.name for path in (ROOT / "services").iterdir() if (path / "__init__.py").exists())
# What another room must not reach into: statements, HTTP doors, pages.
PRIVATE = {"sql", "api", "web"}

Arrow = tuple[str, str]


@cache
def modules() -> Mapping[str, frozenset[str]]:
    """Every module of ours with the modules of ours that it imports."""
    graph = grimp.build_graph("services", "shared", "deploy")
    return {name: frozenset(graph.find_modules_directly_imported_by(name)) for name in graph.modules}


def room_of(module: str, house: str) -> str | None:
    """The folder below the house that a module stands in; None for a word at its root, or a module of elsewhere."""
    if not module.startswith(f"{house}."):
        return None
    name = module.removeprefix(f"{house}.").split(".")[0]
    return name if (ROOT / house.replace(".", "/") / name).is_dir() else None


def arrows(house: str) -> set[Arrow]:
    """Which room imports something of which other room of the same house."""
    found: set[Arrow] = set()
    for module, imported in modules().items():
        here = room_of(module, house)
        there = {room_of(name, house) for name in imported}
        found |= {(here, room) for room in there if here is not None and room is not None and room != here}
    return found


def circle(edges: Iterable[Arrow]) -> list[str]:
    """Nodes that lie on a circle of these edges, or beyond one; none if there is no circle."""
    left = set(edges)
    while left:
        leading_on = {start for start, _ in left}
        dead_ends = {edge for edge in left if edge[1] not in leading_on}
        if not dead_ends:
            break
        left -= dead_ends
    return sorted({start for start, _ in left})


def test_shared_has_few_rooms_and_few_arrows() -> None:
    rooms = {room for module in modules() if (room := room_of(module, "shared")) is not None}
    assert len(rooms) <= MOST_ROOMS, sorted(rooms)
    assert len(arrows("shared")) <= MOST_ARROWS, sorted(arrows("shared"))


@pytest.mark.parametrize("house", ["shared", *(f"services.{name}" for name in SERVICES)])
def test_no_rooms_import_each_other_in_a_circle(house: str) -> None:
    assert circle(arrows(house)) == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circle((module, name) for module, imported in modules().items() for name in imported) == []


def test_a_circle_would_be_seen() -> None:
    assert circle([("gate", "sales"), ("sales", "catalogue")]) == []
    assert circle([("gate", "sales"), ("sales", "catalogue"), ("catalogue", "gate")]) == ["catalogue", "gate", "sales"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_room_is_entered_by_its_use_cases_rules_and_store_only(service: str) -> None:
    house = f"services.{service}"
    found = [
        f"{module} imports {name}"
        for module, imported in modules().items()
        for name in sorted(imported)
        if (here := room_of(module, house)) is not None
        and (there := room_of(name, house)) not in (None, here)
        and PRIVATE & set(name.removeprefix(f"{house}.{there}.").split("."))
    ]
    assert found == []
