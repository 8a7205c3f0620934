"""A new ticket key in two steps, so that no gate meets a ticket whose key it does not know.

First its public half stands among the keys in use, and gates learn it as they sync. Then the private half takes its
place and signs. A service reads its keys when it starts.
"""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from services.ticketing.codes.keys import LARGEST_KEY_ID, load_public_keys, load_ticket_keys

_WAITING = "next-ticket-key-"


class KeyRefused(Exception):
    """The step makes no sense now; the text says why."""


def make_key(folder: Path) -> int:
    """The number of a new key that every gate may check from the next start on; nothing is signed with it yet.

    Raises KeyRefused or KeyUnreadable.
    """
    if waiting := _waiting(folder):
        raise KeyRefused(f"{waiting[0]} waits already; `keys use ticket` lets it sign")
    signer = load_ticket_keys(folder).signer
    number = max(load_public_keys(folder)) + 1
    if number > LARGEST_KEY_ID:
        raise KeyRefused(f"key numbers end at {LARGEST_KEY_ID}")
    # Who could read the key before can read the new one: in a folder for containers that is more than its owner.
    mode = _file(folder, signer.key_id).stat().st_mode & 0o777
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    _write(folder / f"{_WAITING}{number}.pem", private, mode)
    _write(_file(folder, number), public, mode)
    return number


def use_key(folder: Path) -> int:
    """The number of the key that signs from the next start on; raises KeyRefused."""
    waiting = _waiting(folder)
    if not waiting:
        raise KeyRefused(f"{folder} holds no {_WAITING}<number>.pem; `keys new ticket` makes one")
    number = int(waiting[0].stem.removeprefix(_WAITING))
    waiting[0].replace(_file(folder, number))
    return number


def _waiting(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{_WAITING}*.pem"))


def _file(folder: Path, number: int) -> Path:
    return folder / f"ticket-key-{number}.pem"


def _write(path: Path, pem: bytes, mode: int) -> None:
    """A file that is there is never touched: tickets signed with a lost key could not be checked any more."""
    path.touch(0o600, exist_ok=False)
    path.write_bytes(pem)
    path.chmod(mode)
