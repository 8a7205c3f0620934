"""How a command is written, as `dead-letters replay <ce_id>...`: shown as help, and held against what was typed.

It needs nothing but the standard library, because `./run` asks it before the packages are there.
"""

import re
from collections.abc import Sequence

HELP = ("-h", "--help")
ANYTHING = "..."
_PART = re.compile(r"\[[^\]]+\]|<[^>]+>(?:\.\.\.)?|\S+")
_WORD = r"(?!-)[^\0]*\0"  # an option is no value: `secrets --force` names no folder


def asks_for_help(words: Sequence[str]) -> bool:
    return list(words) == ["help"] or any(word in HELP for word in words)


def fits(form: str, words: Sequence[str]) -> bool:
    """Whether the words are of this form.

    `<x>` is any one word that is no option, `<x>...` one or more, `[...]` may be missing, a bare `...` is anything.
    """
    pattern = "".join(_pattern(part) for part in _PART.findall(form))
    return re.fullmatch(pattern, "".join(f"{word}\0" for word in words)) is not None


def _pattern(part: str) -> str:
    if part.startswith("["):
        return "(?:" + "".join(_pattern(inner) for inner in _PART.findall(part[1:-1])) + ")?"
    if part == ANYTHING:
        return r"(?:[^\0]*\0)*"
    if part.startswith("<"):
        return f"(?:{_WORD})+" if part.endswith("...") else _WORD
    return re.escape(part) + r"\0"


def usage(program: str, forms: Sequence[str]) -> str:
    """The forms below each other, each as it is typed."""
    return "usage: " + "\n       ".join(f"{program} {form}".rstrip() for form in forms)
