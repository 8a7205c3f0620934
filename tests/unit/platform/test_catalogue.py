"""The texts against all that uses them: none missing where it is asked for, none left over, both languages alike."""

import re
from functools import cache
from pathlib import Path
from string import Formatter

from deploy.simulator.app import WEBS as SIMULATOR
from services.analytics.app import WEBS as ANALYTICS
from services.payments.app import WEBS as PAYMENTS
from services.ticketing.app import WEBS as TICKETING
from shared.web.texts import PLATFORM_WEB, Texts
from tests.support.texts import EVERY_TEXT, ROOT, WEBS

# Whole keys, and beginnings of keys that are finished from a value: t("visitor.pay." ~ order.status).
KEY = re.compile(r"""["'`]([a-z_]+(?:\.\w+)+)(?=["'`])""")
BEGINNING = re.compile(r"""["'`]([a-z_]+\.(?:\w+\.)*)(?=["'`{]|\$\{)""")
CALLED = re.compile(r"""\bt\(\s*["']([\w.]+)["']\s*[,)]""")
EXPORTED = re.compile(r"messages\(([^)]*)\)")
# The web folders of each service that has pages.
SERVICES = (TICKETING, PAYMENTS, ANALYTICS, SIMULATOR)
# The gate's own t() adds this itself.
GATE = Path("services/ticketing/gate/web/static/gate")


def test_both_languages_have_the_same_placeholders() -> None:
    differing = [
        key
        for key, text in EVERY_TEXT.by_key.items()
        if _placeholders(text.vi) != _placeholders(text.en)
        or not _placeholders(text.en_one or "") <= _placeholders(text.en)
    ]

    assert differing == []


def test_no_text_is_blank() -> None:
    assert [key for key, text in EVERY_TEXT.by_key.items() if not text.vi.strip() or not text.en.strip()] == []


def test_every_text_that_a_page_or_script_asks_for_exists_in_its_own_service() -> None:
    missing = [
        f"{path.relative_to(ROOT)}: {asked}"
        for webs in SERVICES
        for texts in [Texts.of(webs)]
        for path in _templates(PLATFORM_WEB, *webs) + _scripts(PLATFORM_WEB, *webs)
        for called in CALLED.findall(path.read_text("utf-8"))
        for asked in [f"gate.{called}" if _is_of_gate(path) else called]
        if not asked.endswith(".") and not texts.knows(asked)
    ]

    assert missing == []


def test_every_room_with_texts_is_named_by_its_service() -> None:
    named = {web for webs in SERVICES for web in webs}

    assert {web for web in WEBS if (web / "messages").is_dir()} - named == {PLATFORM_WEB}


def test_every_text_that_a_script_asks_for_is_exported_by_a_page() -> None:
    exported = {
        key
        for path in _templates(*WEBS)
        for keys in EXPORTED.findall(path.read_text("utf-8"))
        for key in EVERY_TEXT.export(re.findall(r"""["']([\w.]+)["']""", keys), "vi")
    }
    missing = [
        f"{path.relative_to(ROOT)}: {asked}"
        for path in _scripts(*WEBS)
        if not _is_of_gate(path)
        for asked in CALLED.findall(path.read_text("utf-8"))
        if asked not in exported
    ]

    assert missing == []


def test_no_text_is_left_over() -> None:
    literals, beginnings = _mentioned()

    left_over = [
        key
        for key in EVERY_TEXT.by_key
        if key not in literals and not any(key.startswith(beginning) for beginning in beginnings)
    ]

    assert left_over == []


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def _is_of_gate(path: Path) -> bool:
    return path.relative_to(ROOT).is_relative_to(GATE)


@cache
def _templates(*webs: Path) -> list[Path]:
    return [path for web in webs for path in sorted((web / "templates").rglob("*.*"))]


@cache
def _scripts(*webs: Path) -> list[Path]:
    return [path for web in webs for path in sorted((web / "static").rglob("*.js")) if "vendor" not in path.parts]


def _mentioned() -> tuple[set[str], set[str]]:
    python = [path for folder in ("services", "shared", "deploy") for path in (ROOT / folder).rglob("*.py")]
    literals: set[str] = set()
    beginnings: set[str] = set()
    for path in [*_templates(*WEBS), *_scripts(*WEBS), *python]:
        text = path.read_text("utf-8")
        literals.update(KEY.findall(text))
        beginnings.update(BEGINNING.findall(text))
    return literals, beginnings
