"""SQL of sales as typed functions; every statement stands in the room's sql/ under the same name."""

from pathlib import Path

from shared.storage.sql import load

SQL = load(Path(__file__).parent.parent / "sql")
