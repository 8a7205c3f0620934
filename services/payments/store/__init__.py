"""SQL of payments as typed functions; every statement stands in services/payments/sql under the same name."""

from pathlib import Path

from shared.storage.sql import load

SQL = load(Path(__file__).parent.parent / "sql")
