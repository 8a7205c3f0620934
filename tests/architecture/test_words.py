"""One word per idea: every noun of a domain stands in docs/glossary.md, and words with two meanings have one there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.sources import ROOT, files, tree

GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
# What the field says in another word; the glossary has ours.
NOT_OUR_WORDS = {"Booking", "Client", "Customer", "Invoice", "Payout", "Redeem", "Redemption", "Reservation", "Voucher"}


def rows_below(heading: str) -> list[list[str]]:
    """The cells of the table that follows a heading."""
    text = GLOSSARY.partition(f"{heading}\n")[2]
    lines = [line for line in text.split("\n## ")[0].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def words_of(name: str) -> list[str]:
    """Single words of a class name, as written: "OpeningHours" is Opening and Hours."""
    return re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)


def classes() -> Iterator[tuple[Path, ast.ClassDef]]:
    for path in files(".py"):
        if path.parts[0] in ("services", "shared", "deploy"):
            for node in ast.walk(tree(path)):
                if isinstance(node, ast.ClassDef):
                    yield path, node


def nouns_of_domains() -> Iterator[tuple[Path, str]]:
    """Public classes of domains and codes that are no error: errors are sentences, and their texts explain them."""
    errors = {"DomainError", "Conflict", "NotFound", "Forbidden", "Exception", "ValueError", "KeyError"}
    found = [(path, node) for path, node in classes() if {"domain", "domain.py", "codes"} & set(path.parts)]
    while True:
        more = {node.name for _, node in found if {getattr(base, "id", "") for base in node.bases} & errors}
        if more <= errors:
            break
        errors |= more
    for path, node in found:
        if node.name not in errors and not node.name.startswith("_"):
            yield path, node.name


def test_every_noun_of_a_domain_stands_in_the_glossary() -> None:
    explained = {word.strip().lower() for row in rows_below("# Glossary") for word in row[0].split(",")}
    missing = [
        f"{path}: {name}"
        for path, name in nouns_of_domains()
        if not {" ".join(words_of(name)).lower(), *(word.lower() for word in words_of(name))} & forms(explained)
    ]
    assert missing == []


def forms(words: set[str]) -> set[str]:
    """The words and their plurals, participles and other forms as names have them."""
    return words | {f"{word}s" for word in words} | {f"{word}d" for word in words} | {f"{word}ed" for word in words}


def test_a_word_with_one_meaning_is_used_for_nothing_else() -> None:
    names = {node.name for _, node in classes()}
    for word, _, listed in rows_below("## Words of the code that mean one thing"):
        known = set(re.findall(r"`(\w+)`", listed))
        assert {name for name in names if word in words_of(name)} == known, word


def test_no_class_is_called_by_a_word_that_is_not_ours() -> None:
    assert [f"{path}: {node.name}" for path, node in classes() if NOT_OUR_WORDS & set(words_of(node.name))] == []
