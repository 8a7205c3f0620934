"""The books' SQL as typed functions."""

from pathlib import Path

from shared.storage.sql import load

SQL = load(Path(__file__).parent.parent / "sql")
