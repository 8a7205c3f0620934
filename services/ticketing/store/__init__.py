"""SQL of ticketing as typed functions; every statement stands in services/ticketing/sql under the same name."""

from pathlib import Path

from shared.storage.sql import load

SQL = load(Path(__file__).parent.parent / "sql")
