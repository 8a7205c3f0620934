"""The commands that the pages for people show: read from their fences, and held against the tables of commands.

A fence `sh` is run by a test; `sh skip: REASON` is not. What follows `#>` is what the command above answers, with `…`
for what differs.
"""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from deploy.local.commands import COMMANDS, SERVICES
from shared.process.commands import Command, Tool
from shared.process.service import ROLES
from shared.process.usage import asks_for_help, fits
from shared.settings import BY_NAME
from tests.architecture.sources import ROOT

PAGES = sorted(
    path.relative_to(ROOT)
    for pattern in ("*.md", "docs/runbooks/*.md", "services/*/README.md", "deploy/*/README.md", "shared/*/README.md")
    for path in ROOT.glob(pattern)
)
_FENCE = re.compile(r"^```(\w*)[ ]*(.*)\n((?:(?!```).*\n)*)```$", re.MULTILINE)
_SPAN = re.compile(r"`((?:\./run|\S*python -m) [^`\n]+)`")
_ANSWER = "#>"
_NEW_COMMAND = re.compile(r"[|&;()<>]+")


@dataclass(frozen=True, slots=True)
class Step:
    """One line as it is typed, and the lines that it answers with, as far as the page says."""

    typed: str
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A fence of a page. `skip`: why its commands are not run, "" for those that are."""

    page: Path
    language: str
    skip: str
    steps: tuple[Step, ...]


def blocks(page: Path) -> list[Block]:
    return blocks_of(page, (ROOT / page).read_text(encoding="utf-8"))


def blocks_of(page: Path, text: str) -> list[Block]:
    """All fences, those of other languages too."""
    found: list[Block] = []
    for language, info, body in _FENCE.findall(text):
        found.append(Block(page, language, info.removeprefix("skip:").strip(), tuple(_steps(body))))
    return found


def spans(page: Path) -> list[str]:
    """Commands within a sentence."""
    return _SPAN.findall((ROOT / page).read_text(encoding="utf-8"))


def unknown_words(typed: str) -> list[str]:
    """What of a typed line names a command, an option, a module or a setting that does not exist."""
    return [wrong for words in _simple_commands(typed) for wrong in _unknown(words)]


def _steps(body: str) -> Iterator[Step]:
    typed, answers = "", list[str]()
    for line in body.splitlines():
        if line.startswith(_ANSWER):
            answers.append(line.removeprefix(_ANSWER).strip())
        elif line.strip():
            if typed:
                yield Step(typed, tuple(answers))
            typed, answers = line, []
    if typed:
        yield Step(typed, tuple(answers))


def _simple_commands(typed: str) -> list[list[str]]:
    """The words of each program in a line of the shell."""
    lexer = shlex.shlex(typed, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    commands: list[list[str]] = [[]]
    for word in lexer:
        if _NEW_COMMAND.fullmatch(word):
            commands.append([])
        else:
            commands[-1].append(word)
    return [words for words in commands if words]


def _unknown(words: Sequence[str]) -> Iterator[str]:
    while words and (setting := re.fullmatch(r"([A-Z_]+)=.*", words[0])):
        if setting[1] not in BY_NAME:
            yield setting[1]
        words = words[1:]
    if "./run" in words and not is_known(words[words.index("./run") + 1 :]):
        yield " ".join(words)
    for program, option, module in zip(words, words[1:], words[2:], strict=False):
        if program.endswith("python") and option == "-m" and not _is_module(module, words[words.index(module) + 1 :]):
            yield " ".join(words)


def is_known(words: Sequence[str]) -> bool:
    """Whether `./run` takes these words; a closing `…` stands for any more."""
    if not words:
        return True
    name, rest = words[0], list(words[1:])
    if name in SERVICES:
        return _fits_any(_forms_of(name), rest)
    if name not in COMMANDS:
        return False
    entry = COMMANDS[name]
    return _fits_any(entry.forms, rest) if entry.forms else _parses(entry.module, rest)


def _fits_any(forms: Sequence[str], words: list[str]) -> bool:
    if words[-1:] == ["…"]:
        return any(form.split()[: len(words) - 1] == words[:-1] for form in forms)
    return asks_for_help(words) or any(fits(form, words) for form in forms)


def _parses(module: str, words: list[str]) -> bool:
    try:
        import_module(module).parser().parse_args(words)
    except SystemExit as end:
        return not end.code
    return True


def _is_module(name: str, words: Sequence[str]) -> bool:
    service = name.removeprefix("services.")
    if service in SERVICES:
        return _fits_any([*ROLES, *_forms_of(service)], list(words))
    return find_spec(name) is not None


def _forms_of(service: str) -> list[str]:
    entries: Sequence[Tool | Command] = import_module(f"services.{service}.commands").COMMANDS
    return [form for entry in entries for form in entry.forms]
