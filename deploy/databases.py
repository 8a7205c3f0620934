"""A database for each service, owned by a role of its own that can reach no other.

So what a service must never do, read another's tables, its own password does not allow either; and nothing that
serves people connects as PostgreSQL's superuser. Safe to run again; a changed password in the secrets is taken over.
"""

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from shared.settings import password_file, read_secret
from shared.storage.db import DirectConnection, connect

SUPERUSER = "postgres"
_IS_THERE = {
    "ROLE": "SELECT true FROM pg_roles WHERE rolname = $1",
    "DATABASE": "SELECT true FROM pg_database WHERE datname = $1",
}
# Tables made when services still connected as the superuser, whom REASSIGN OWNED refuses. Sequences follow their table.
_HAND_OVER = """
DO $$
DECLARE one record;
BEGIN
  FOR one IN SELECT oid::regclass AS name FROM pg_class
      WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') AND relowner <> '{role}'::regrole LOOP
    EXECUTE format('ALTER TABLE %s OWNER TO {role}', one.name);
  END LOOP;
  FOR one IN SELECT oid::regprocedure AS name FROM pg_proc
      WHERE pronamespace = 'public'::regnamespace AND proowner <> '{role}'::regrole LOOP
    EXECUTE format('ALTER ROUTINE %s OWNER TO {role}', one.name);
  END LOOP;
END $$
"""


async def ensure_databases(server: str, secrets: Path, services: Iterable[str]) -> None:
    """Make or mend role and database of each service, on the server at `server` (host:port) as its superuser."""
    superuser = f"postgresql://{SUPERUSER}:{quote(read_secret(secrets, 'postgres-password'), safe='')}@{server}"
    for service in services:
        whole = await connect(f"{superuser}/postgres", "prepare")
        try:
            await _ensure(whole, service, read_secret(secrets, password_file(service)))
        finally:
            await whole.close()
        own = await connect(f"{superuser}/{service}", "prepare")
        try:
            await own.execute(_HAND_OVER.format(role=service))
        finally:
            await own.close()


async def _ensure(connection: DirectConnection, service: str, password: str) -> None:
    """Such statements take no parameters: the names are fixed ones of ours, and `format` quotes the password."""
    for kind, is_there in _IS_THERE.items():
        if not await connection.fetchval(is_there, service):
            await connection.execute(f"CREATE {kind} {service}")
    log_in = "SELECT format('ALTER ROLE %I LOGIN PASSWORD %L', $1::text, $2::text)"
    await connection.execute(await connection.fetchval(log_in, service, password))
    await connection.execute(f"ALTER DATABASE {service} OWNER TO {service}")
    await connection.execute(f"REVOKE ALL ON DATABASE {service} FROM PUBLIC")
