"""A database for each service, with a role of its own that can reach no other, and an owner that nobody signs in as.

So what a service must never do, read another's tables or change its trail and its postings, its own password does not
allow either; and nothing that serves people connects as PostgreSQL's superuser. Safe to run again; a changed password
in the secrets is taken over, and tables of before get their owner.
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
# What the trigger function of the platform's first migration guards is append-only. It belongs to the owner, whom no
# trigger stops but who cannot sign in; the service adds rows and reads them. All else belongs to the service, which
# makes tables of its own (analytics, when it counts anew). REASSIGN OWNED would do, but refuses tables of the
# superuser, which are those of before there were roles. Sequences follow their table.
_HAND_OVER = """
DO $$
DECLARE one record;
BEGIN
  FOR one IN
      SELECT name, owner, is_kept, CASE WHEN is_kept THEN '{owner}' ELSE '{role}' END AS wanted
        FROM (SELECT c.oid::regclass AS name, c.relowner::regrole::text AS owner, EXISTS (
                         SELECT FROM pg_trigger AS t JOIN pg_proc AS p ON p.oid = t.tgfoid
                          WHERE t.tgrelid = c.oid AND p.proname = 'refuse_change') AS is_kept
                FROM pg_class AS c
               WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')) AS found LOOP
    -- Only where it is another's: the change waits for everybody who reads the table.
    IF one.owner <> one.wanted THEN
      EXECUTE format('ALTER TABLE %s OWNER TO %I', one.name, one.wanted);
    END IF;
    IF one.is_kept THEN
      EXECUTE format('REVOKE ALL ON %s FROM {role}', one.name);
      EXECUTE format('GRANT SELECT, INSERT ON %s TO {role}', one.name);
    END IF;
  END LOOP;
  FOR one IN
      SELECT oid::regprocedure AS name, CASE proname WHEN 'refuse_change' THEN '{owner}' ELSE '{role}' END AS wanted
        FROM pg_proc WHERE pronamespace = 'public'::regnamespace LOOP
    EXECUTE format('ALTER ROUTINE %s OWNER TO %I', one.name, one.wanted);
  END LOOP;
END $$;
GRANT USAGE, CREATE ON SCHEMA public TO {role}
"""


def owner_of(service: str) -> str:
    """The role that owns a service's database; migrations run as it."""
    return f"{service}_owner"


def owner_url(server: str, secrets: Path, service: str) -> str:
    """Address of a service's database for its owner, by way of the superuser."""
    return f"{_superuser(server, secrets)}/{service}?role={owner_of(service)}"


def _superuser(server: str, secrets: Path) -> str:
    return f"postgresql://{SUPERUSER}:{quote(read_secret(secrets, 'postgres-password'), safe='')}@{server}"


async def ensure_databases(server: str, secrets: Path, services: Iterable[str]) -> None:
    """Make or mend role and database of each service, on the server at `server` (host:port) as its superuser."""
    for service in services:
        whole = await connect(f"{_superuser(server, secrets)}/postgres", "prepare")
        try:
            await _ensure(whole, service, read_secret(secrets, password_file(service)))
        finally:
            await whole.close()
        await hand_over(server, secrets, service)


async def hand_over(server: str, secrets: Path, service: str) -> None:
    """Gives each table the owner it must have; after migrations too, which make some."""
    own = await connect(f"{_superuser(server, secrets)}/{service}", "prepare")
    try:
        # In one transaction: a service that runs meanwhile never finds a table that it may not read.
        async with own.transaction():
            await own.execute(_HAND_OVER.format(role=service, owner=owner_of(service)))
    finally:
        await own.close()


async def _ensure(connection: DirectConnection, service: str, password: str) -> None:
    """Such statements take no parameters: the names are fixed ones of ours, and `format` quotes the password."""
    owner = owner_of(service)
    for kind, name in (("ROLE", service), ("ROLE", owner), ("DATABASE", service)):
        if not await connection.fetchval(_IS_THERE[kind], name):
            await connection.execute(f"CREATE {kind} {name}")
    log_in = "SELECT format('ALTER ROLE %I LOGIN PASSWORD %L', $1::text, $2::text)"
    await connection.execute(await connection.fetchval(log_in, service, password))
    # Migrations change the service's own tables too.
    await connection.execute(f"GRANT {service} TO {owner}")
    await connection.execute(f"ALTER DATABASE {service} OWNER TO {owner}")
    # The server's own databases hold nothing of ours, but could be filled.
    await connection.execute(f"REVOKE ALL ON DATABASE {service}, postgres, template1 FROM PUBLIC")
    await connection.execute(f"GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {service} TO {service}")
