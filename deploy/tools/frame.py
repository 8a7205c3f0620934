"""Gathers the entries of the staff's frame out of the rooms' web/frame.toml into shared/web/frame.json.

`python -m deploy.tools.frame` writes it, `--check` says whether it is as it must be.
"""

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from shared.web.frame import FRAME, Entry

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str]) -> int:
    """0 if it is written, or fresh with --check."""
    match arguments:
        case []:
            FRAME.write_bytes(gathered())
            return 0
        case ["--check"]:
            if is_fresh():
                return 0
            sys.stderr.write(f"stale: {FRAME.relative_to(ROOT)}; python -m deploy.tools.frame writes it\n")
        case _:
            sys.stderr.write("usage: python -m deploy.tools.frame [--check]\n")
    return 1


def is_fresh() -> bool:
    return FRAME.exists() and FRAME.read_bytes() == gathered()


def gathered() -> bytes:
    """The file as it must be: all entries in their order."""
    entries = sorted(_declared(), key=lambda entry: (entry.place, entry.key))
    return msgspec.json.format(msgspec.json.encode(entries), indent=2) + b"\n"


def _declared() -> Iterator[Entry]:
    for path in sorted((ROOT / "services").rglob("web/frame.toml")):
        for key, told in tomllib.loads(path.read_text("utf-8")).items():
            yield msgspec.convert({"key": key, **told}, Entry)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
