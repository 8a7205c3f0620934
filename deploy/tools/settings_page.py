"""Writes docs/settings.md from what shared/settings.py declares: `python -m deploy.tools.settings_page [--check]`."""

import re
import sys
from pathlib import Path

from deploy.console import say
from deploy.local.paths import ROOT
from shared.settings import ALL, Setting

PAGE = ROOT / "docs" / "settings.md"
HEAD = """\
# Settings

Set in the environment, or for Docker in a file `.env` beside `docker-compose.yml`; none has to be. Set to nothing is
not set. What begins with `MOT_CHAM_` is for one machine only. This page is made from `shared/settings.py` by
`python -m deploy.tools.settings_page`.

| name | what it means | if not set | who reads it |
|---|---|---|---|
"""


def main(arguments: list[str]) -> int:
    """Write the page, or with --check say whether it is fresh: 1 when not."""
    if arguments not in ([], ["--check"]):
        say("usage: python -m deploy.tools.settings_page [--check]")
        return 2
    if not arguments:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    if is_fresh(PAGE):
        return 0
    say(f"{PAGE.relative_to(ROOT)} is old: run python -m deploy.tools.settings_page")
    return 1


def is_fresh(file: Path) -> bool:
    return file.is_file() and file.read_text(encoding="utf-8") == page()


def page() -> str:
    """The whole page: a row a setting, in the order in which they are declared."""
    return HEAD + "".join(_row(setting) for setting in ALL)


def _row(setting: Setting) -> str:
    default = re.sub(r"\{(\w+)\}", r"\1", setting.default)
    return f"| `{setting.name}` | {setting.meaning} | {default or 'nothing'} | {setting.readers} |\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
