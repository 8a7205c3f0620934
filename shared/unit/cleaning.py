"""Deleting what is old, some rows at a time: however much is due, no statement takes long, and what is gone is gone."""

from shared.storage.db import Connection

_AT_ONCE = 5000


async def delete_in_turns(connection: Connection, statement: str) -> None:
    """Runs a DELETE of at most $1 rows until it finds nothing; outside of a transaction, so that each turn counts."""
    while changed_rows(await connection.execute(statement, _AT_ONCE, timeout=60)):
        pass


def changed_rows(status: str) -> int:
    """How many rows a statement changed, from what PostgreSQL says at its end: "DELETE 5", "INSERT 0 5"."""
    return int(status.rpartition(" ")[2])
