"""Makes the secrets of one installation, once, each in a file that only its owner can reach.

A secret that is there is never touched: tickets signed with a lost key could not be checked any more.
"""

import os
import secrets
from collections.abc import Callable
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.console import say
from deploy.local.paths import SECRETS
from shared.kafka.users import RIGHTS
from shared.keys.files import PASS_KEYS, PASS_PUBLIC_KEYS, TICKET_KEYS, load_public_keys
from shared.keys.new_key import private_pem, public_pem
from shared.settings import KAFKA_ADMIN, SERVICES, kafka_password_file, password_file


def ensure_secrets(folder: Path) -> list[str]:
    """Write what is missing and return the names written."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    written = [name for name, make in _RANDOM.items() if _write_once(folder / name, make)]
    # A first key that was taken out must not come back under its id: it is made only where there is none.
    keyless = [files.first for files in (TICKET_KEYS, PASS_KEYS) if not files.by_key_id(folder)]
    written += [name for name in keyless if _write_once(folder / name, _private_key)]
    return written + _public_halves(folder)


def _public_halves(folder: Path) -> list[str]:
    """They follow from the private ones, also where only those were restored from a backup."""
    halves = {
        PASS_PUBLIC_KEYS.file(folder, key_id): public_pem(key)
        for key_id, key in load_public_keys(folder, PASS_KEYS).items()
    }
    return [file.name for file, pem in halves.items() if _write_once(file, partial(bytes, pem))]


def main(arguments: list[str]) -> int:
    """Write the missing secrets of a folder, by default the one of this machine's system."""
    folder = Path(arguments[0]) if arguments else SECRETS
    written = ensure_secrets(folder)
    if arguments:
        _let_containers_read(folder)
    say(f"{folder}: " + (f"wrote {', '.join(written)}" if written else "complete already, nothing written"))
    return 0


def _let_containers_read(folder: Path) -> None:
    """Opens the files to the users of containers, who get them one by one; on this machine the closed folder guards."""
    for file in folder.iterdir():
        file.chmod(0o444)


def _private_key() -> bytes:
    return private_pem(Ed25519PrivateKey.generate())


def _word() -> bytes:
    return f"{secrets.token_urlsafe(32)}\n".encode()


def _bare_word() -> bytes:
    """Without a line's end, which Kafka would take for a part of the password."""
    return secrets.token_urlsafe(32).encode()


_RANDOM: dict[str, Callable[[], bytes]] = {
    "postgres-password": _word,
    **{password_file(service): _word for service in SERVICES},
    **{kafka_password_file(user): _bare_word for user in (KAFKA_ADMIN, *RIGHTS)},
}


def _write_once(path: Path, make: Callable[[], bytes]) -> bool:
    """Write the file unless it is there; whole or not at all, whatever happens meanwhile."""
    if path.exists():
        return False
    half_made = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(half_made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(make())
        file.flush()
        os.fsync(file.fileno())
    try:
        # Unlike a rename, a link never replaces the file of someone who was faster.
        os.link(half_made, path)
    except FileExistsError:
        return False
    finally:
        half_made.unlink()
    return True
