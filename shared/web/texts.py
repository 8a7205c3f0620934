"""What pages and answers say: texts by key, both languages side by side, read from the folders that a service names.

They stand in `messages/*.toml` of a room's web folder, those of the platform in shared/web/messages. An English text
that differs for one thing has a third form, `en_one`, taken when the value `count` is 1; Vietnamese has no plural.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeGuard

from shared.web.i18n import Language

PLATFORM_WEB = Path(__file__).parent
_FORMS = ("vi", "en", "en_one")


class UnknownMessage(KeyError):
    """No text has this key: a fault of the template, never of its reader."""


@dataclass(frozen=True, slots=True)
class Text:
    """One message in all its forms."""

    vi: str
    en: str
    en_one: str | None = None

    def form(self, language: Language, count: object = None) -> str:
        if language == "en":
            return self.en if count != 1 or self.en_one is None else self.en_one
        return self.vi


@dataclass(frozen=True, slots=True)
class Texts:
    """All that one service can say, by dotted key."""

    by_key: Mapping[str, Text]

    @staticmethod
    def of(webs: Iterable[Path] = ()) -> "Texts":
        """The platform's texts, and those of the rooms with these web folders; each key stands in one file."""
        texts: dict[str, Text] = {}
        for web in (PLATFORM_WEB, *webs):
            for path in sorted((web / "messages").glob("*.toml")):
                for key, text in _texts_in(path).items():
                    if key in texts:
                        raise ValueError(f"{path}: the key {key} stands in two files")
                    texts[key] = text
        return Texts(texts)

    def translate(self, key: str, language: Language, /, **values: object) -> str:
        """The text of a key with its `{name}` placeholders filled in; raises UnknownMessage or KeyError."""
        return self._get(key).form(language, values.get("count")).format_map(values)

    def knows(self, key: str) -> bool:
        return key in self.by_key

    def export(self, keys: Iterable[str], language: Language) -> dict[str, str]:
        """Raw texts for a script, by key; `key#one` is the form for one. A key ending in a dot means all below it."""
        exported: dict[str, str] = {}
        for asked in keys:
            found = [key for key in self.by_key if key.startswith(asked)] if asked.endswith(".") else [asked]
            if not found:
                raise UnknownMessage(asked)
            for key in found:
                text = self._get(key)
                exported[key] = text.form(language)
                if language == "en" and text.en_one is not None:
                    exported[f"{key}#one"] = text.en_one
        return exported

    def spoken(self, language: Language) -> "Spoken":
        return Spoken(self, language)

    def _get(self, key: str) -> Text:
        text = self.by_key.get(key)
        if text is None:
            raise UnknownMessage(key)
        return text


@dataclass(frozen=True, slots=True)
class Spoken:
    """The texts in one reader's language."""

    texts: Texts
    language: Language

    def t(self, key: str, /, **values: object) -> str:
        return self.texts.translate(key, self.language, **values)

    def knows(self, key: str) -> bool:
        return self.texts.knows(key)

    def export(self, *keys: str) -> dict[str, str]:
        return self.texts.export(keys, self.language)


@cache
def _texts_in(file: Path) -> Mapping[str, Text]:
    """Read once a process: a release's texts do not change."""
    return dict(_texts_below("", tomllib.loads(file.read_text("utf-8"))))


def _texts_below(key: str, table: Mapping[str, object]) -> Iterable[tuple[str, Text]]:
    forms = {name: value for name, value in table.items() if name in _FORMS and isinstance(value, str)}
    if forms:
        if not {"vi", "en"} <= forms.keys():
            raise ValueError(f"the key {key} lacks a language")
        yield key, Text(**forms)
    for name, value in table.items():
        if name in forms:
            continue
        if not _is_table(value):
            raise ValueError(f"the key {key}.{name} is neither a text nor a table")
        yield from _texts_below(f"{key}.{name}" if key else name, value)


def _is_table(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, dict)
