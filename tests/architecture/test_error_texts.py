"""Every refusal says what happened and what to do, in both languages; all are found by importing what there is."""

import pkgutil
from collections.abc import Collection, Iterator
from functools import cache
from importlib import import_module

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

import deploy
import services
import shared
from shared.errors import DomainError
from shared.storage.db import PASSES
from shared.web.problems import problem_of
from shared.web.texts import Texts
from tests.support.texts import EVERY_TEXT, ROOT

# What people meet although no rule of ours refused: what the web framework refuses, and what goes wrong.
UNRULY: tuple[BaseException, ...] = (
    RequestValidationError([]),
    *(HTTPException(status) for status in (400, 404, 405, 413)),
    *(kind("away") for kind in PASSES),
    RuntimeError(),
)


def test_every_refusal_has_its_title_in_both_languages() -> None:
    assert [named(kind) for kind in refusals() if not EVERY_TEXT.knows(f"errors.{kind.code}")] == []


def test_what_the_framework_refuses_and_what_goes_wrong_has_its_title_too() -> None:
    assert [code for code in unruly_codes() if not EVERY_TEXT.knows(f"errors.{code}")] == []


def test_every_refusal_says_what_to_do_in_its_own_sentence_or_below_its_title() -> None:
    titles = {key: text for key, text in EVERY_TEXT.by_key.items() if key.startswith("errors.") and key.count(".") == 1}
    silent = [key for key, text in titles.items() if not text.en.endswith(".") and not EVERY_TEXT.knows(f"{key}.do")]
    assert silent == []


def test_a_code_means_one_refusal() -> None:
    codes = [kind.code for kind in refusals()]
    assert {code for code in codes if codes.count(code) > 1} == set()


def test_no_text_of_a_refusal_is_left_over() -> None:
    known = {kind.code for kind in refusals()} | unruly_codes()
    texts = {key.split(".")[1] for key in EVERY_TEXT.by_key if key.startswith("errors.")}
    assert texts - known == set()


def test_the_text_of_a_refusal_stands_in_the_room_that_raises_it() -> None:
    elsewhere = [named(kind) for kind in refusals() if f"errors.{kind.code}" not in _texts_of_room(kind.__module__)]
    assert elsewhere == []


def _texts_of_room(module: str) -> Collection[str]:
    """What the room of this module says; what is raised in `shared` the platform says."""
    platform = Texts.of().by_key
    parts = module.split(".")
    if parts[0] == "shared":
        return platform
    # A small service is one room.
    rooms = (ROOT.joinpath(*parts[:depth], "web") for depth in (3, 2))
    room = next(folder for folder in rooms if (folder / "messages").is_dir())
    return Texts.of([room]).by_key.keys() - platform.keys()


def named(kind: type[DomainError]) -> str:
    return f"{kind.__module__}.{kind.__name__}: {kind.code}"


def unruly_codes() -> set[str]:
    return {problem_of(error).code for error in UNRULY}


@cache
def refusals() -> list[type[DomainError]]:
    """All kinds of DomainError of ours, wherever they are declared."""
    for package in (shared, services, deploy):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            # Importing such a module would run its command.
            if not module.name.endswith(".__main__"):
                import_module(module.name)
    return [kind for kind in _with_kinds_of(DomainError) if not kind.__module__.startswith("tests.")]


def _with_kinds_of(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    yield kind
    for inner in kind.__subclasses__():
        yield from _with_kinds_of(inner)
