"""Loads `.sql` files in which every statement stands under a line `-- name: the_name`."""

import re
from collections.abc import Mapping
from pathlib import Path

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


def load(folder: Path) -> Mapping[str, str]:
    """Statements by name, of all files in a folder; a name may stand once only."""
    statements: dict[str, str] = {}
    for file in sorted(folder.glob("*.sql")):
        pieces = _NAME.split(file.read_text(encoding="utf-8"))
        for name, body in zip(pieces[1::2], pieces[2::2], strict=True):
            assert name not in statements, f"{file}: statement {name} stands twice"
            statements[name] = body.strip().rstrip(";")
    return statements
