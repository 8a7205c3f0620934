"""What a release leaves to those after it, as files of one folder: three dumps, the log, and the answers it gave.

`python -m tests.support.release_fixture FOLDER` makes such a folder; tests/integration/test_upgrade.py opens it.
"""

import gzip
import os
import subprocess
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec

from deploy.local.postgres import programs

_LOG, _ANSWERS, _SIGNED = "log.jsonl.gz", "answers.json", "signed.json"


class LogRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message as it lay in Kafka. `raw` stands instead of `value` where that is no text."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: str | None = None
    headers: list[tuple[str, str]] = []
    value: str = ""
    raw: bytes = b""

    @property
    def body(self) -> bytes:
        return self.raw or self.value.encode()

    def header(self, wanted: str) -> str:
        return dict(self.headers).get(wanted, "")


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Whose pass it was: what a new one is issued from, since the old one ends and its key is nobody's."""

    cookie: str
    subject_id: str
    role: str
    venues: list[str]
    scope: str
    device_id: str | None


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """As it was sent, byte for byte; the body is UTF-8."""

    method: str
    path: str
    headers: dict[str, str]
    body: str


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What matters of it: `shows` are the pieces of a page, `issued` is the pass in its cookie."""

    status: int
    location: str | None = None
    fields: dict[str, object] | None = None
    shows: list[str] = []
    issued: Holder | None = None


class StoredAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A request that is done once, and what it is answered for as long as its answer is kept."""

    service: str
    request: Request
    holder: Holder | None
    answer: Answer


class SignedPass(msgspec.Struct, frozen=True, kw_only=True):
    """A cookie's value, whose it is, and an instant at which it held."""

    token: str
    holder: Holder
    at: datetime


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """What people and phones of then hold in their hands: ways to sign in, passes, and the keys behind signatures.

    The keys are public ones, in hex; those of tickets by their number.
    """

    sign_ins: list[StoredAnswer]
    passes: list[SignedPass]
    pass_key: str
    ticket_keys: dict[str, str]


def dump_file(folder: Path, service: str) -> Path:
    return folder / f"{service}.sql.gz"


def write_log(folder: Path, records: Iterable[LogRecord]) -> None:
    _write(folder / _LOG, b"".join(msgspec.json.encode(record) + b"\n" for record in records))


def read_log(folder: Path) -> list[LogRecord]:
    """In the order of the offsets within each partition."""
    lines = gzip.decompress((folder / _LOG).read_bytes()).splitlines()
    return [msgspec.json.decode(line, type=LogRecord) for line in lines]


def write_answers(folder: Path, answers: Iterable[StoredAnswer]) -> None:
    _write_json(folder / _ANSWERS, list(answers))


def read_answers(folder: Path) -> list[StoredAnswer]:
    return msgspec.json.decode((folder / _ANSWERS).read_bytes(), type=list[StoredAnswer])


def write_signed(folder: Path, signed: Signed) -> None:
    _write_json(folder / _SIGNED, signed)


def read_signed(folder: Path) -> Signed:
    return msgspec.json.decode((folder / _SIGNED).read_bytes(), type=Signed)


def dump(database_url: str, file: Path) -> None:
    """The whole database as the statements that make it again, for whatever role runs them."""
    _write(file, _run(["pg_dump", "--no-owner", "--no-privileges"], database_url, b""))


def restore(file: Path, database_url: str) -> None:
    """Makes the dumped tables in an empty database, with everything in them."""
    statements = gzip.decompress(file.read_bytes())
    _run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "--single-transaction"], database_url, statements)


def _write_json(file: Path, content: object) -> None:
    """For people to read, too."""
    file.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n")


def _write(file: Path, content: bytes) -> None:
    # Without the time in its head, the same content is the same file.
    file.write_bytes(gzip.compress(content, 9, mtime=0))


def _run(command: list[str], database_url: str, given: bytes) -> bytes:
    """Runs a program of PostgreSQL on a database; the password stays out of its arguments."""
    address = urlsplit(database_url)
    environment = {
        "PGHOST": address.hostname or "",
        "PGPORT": str(address.port),
        "PGUSER": address.username or "",
        "PGPASSWORD": unquote(address.password or ""),
        "PGDATABASE": address.path.removeprefix("/"),
    }
    name, *arguments = command
    done = subprocess.run(
        [str(programs() / name), *arguments],
        env=os.environ | environment,
        input=given,
        capture_output=True,
        check=False,
        timeout=60,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{name}: {done.stderr.decode(errors='replace')[-1000:]}")
    return done.stdout
