"""The one catalogue against everything that uses it: no text missing, none left over, both languages alike."""

import re
from functools import cache
from pathlib import Path
from string import Formatter

from shared.web import i18n

ROOT = Path(__file__).parents[3]
WEBS = [path for top in ("services", "shared", "deploy") for path in (ROOT / top).rglob("web") if path.is_dir()]
# Whole keys, and beginnings of keys that are finished from a value: t("visitor.pay." ~ order.status).
KEY = re.compile(r"""["'`]([a-z_]+(?:\.\w+)+)(?=["'`])""")
BEGINNING = re.compile(r"""["'`]([a-z_]+\.(?:\w+\.)*)(?=["'`{]|\$\{)""")
CALLED = re.compile(r"""\bt\(\s*["']([\w.]+)["']\s*[,)]""")
EXPORTED = re.compile(r"messages\(([^)]*)\)")
# The gate's own t() adds this itself.
GATE = Path("services/ticketing/gate/web/static/gate")


def test_both_languages_have_the_same_placeholders() -> None:
    differing = [
        key
        for key, text in i18n.catalogue().items()
        if _placeholders(text.vi) != _placeholders(text.en)
        or not _placeholders(text.en_one or "") <= _placeholders(text.en)
    ]

    assert differing == []


def test_no_text_is_blank() -> None:
    assert [key for key, text in i18n.catalogue().items() if not text.vi.strip() or not text.en.strip()] == []


def test_every_text_that_a_page_or_script_asks_for_exists() -> None:
    missing = [
        f"{path.relative_to(ROOT)}: {asked}"
        for path in _templates() + _scripts()
        for called in CALLED.findall(path.read_text("utf-8"))
        for asked in [f"gate.{called}" if _is_of_gate(path) else called]
        if not asked.endswith(".") and not i18n.knows(asked)
    ]

    assert missing == []


def test_every_text_that_a_script_asks_for_is_exported_by_a_page() -> None:
    exported = {
        key
        for path in _templates()
        for keys in EXPORTED.findall(path.read_text("utf-8"))
        for key in i18n.export(re.findall(r"""["']([\w.]+)["']""", keys), "vi")
    }
    missing = [
        f"{path.relative_to(ROOT)}: {asked}"
        for path in _scripts()
        if not _is_of_gate(path)
        for asked in CALLED.findall(path.read_text("utf-8"))
        if asked not in exported
    ]

    assert missing == []


def test_no_text_is_left_over() -> None:
    literals, beginnings = _mentioned()

    left_over = [
        key
        for key in i18n.catalogue()
        if key not in literals and not any(key.startswith(beginning) for beginning in beginnings)
    ]

    assert left_over == []


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def _is_of_gate(path: Path) -> bool:
    return path.relative_to(ROOT).is_relative_to(GATE)


@cache
def _templates() -> list[Path]:
    return [path for web in WEBS for path in sorted((web / "templates").rglob("*.*"))]


@cache
def _scripts() -> list[Path]:
    return [path for web in WEBS for path in sorted((web / "static").rglob("*.js")) if "vendor" not in path.parts]


def _mentioned() -> tuple[set[str], set[str]]:
    python = [path for folder in ("services", "shared", "deploy") for path in (ROOT / folder).rglob("*.py")]
    literals: set[str] = set()
    beginnings: set[str] = set()
    for path in [*_templates(), *_scripts(), *python]:
        text = path.read_text("utf-8")
        literals.update(KEY.findall(text))
        beginnings.update(BEGINNING.findall(text))
    return literals, beginnings
