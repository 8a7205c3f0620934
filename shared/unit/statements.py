"""The SQL of this room by name; each statement is run by one function here."""

from pathlib import Path

from shared.storage.sql import load

SQL = load(Path(__file__).parent / "sql")
