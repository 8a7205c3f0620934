"""A new key in two steps, so that nobody meets what a key signed that they do not know.

First its public half stands among the keys in use, and all who verify learn it. Then the private half takes its place
and signs. A service reads its keys when it starts.
"""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from shared.keys.files import LARGEST_KEY_ID, KeyFiles, load_keys


class KeyRefused(Exception):
    """The step makes no sense now; the text says why."""


def make_key(folder: Path, files: KeyFiles) -> int:
    """The id of a new key by which all may verify from the next start on; nothing is signed with it yet.

    Raises KeyRefused or KeyUnreadable.
    """
    if waiting := _waiting(folder, files):
        raise KeyRefused(f"{waiting[0]} waits already; `keys use` lets it sign")
    signer = load_keys(folder, files).signer
    halves = [files] if files.public is None else [files, files.public]
    key_id = max(max(half.by_key_id(folder), default=0) for half in halves) + 1
    if key_id > LARGEST_KEY_ID:
        raise KeyRefused(f"key numbers end at {LARGEST_KEY_ID}")
    # Who could read the key before can read the new one: in a folder for containers that is more than its owner.
    mode = files.file(folder, signer.key_id).stat().st_mode & 0o777
    key = Ed25519PrivateKey.generate()
    for half in halves:
        _write(half.file(folder, key_id), public_pem(key.public_key()), mode)
    _write(folder / f"{_next(files)}{key_id}.pem", private_pem(key), mode)
    return key_id


def use_key(folder: Path, files: KeyFiles) -> int:
    """The id of the key that signs from the next start on; raises KeyRefused."""
    waiting = _waiting(folder, files)
    if not waiting:
        raise KeyRefused(f"{folder} holds no {_next(files)}<number>.pem; `keys new` makes one")
    key_id = int(waiting[0].stem.removeprefix(_next(files)))
    waiting[0].replace(files.file(folder, key_id))
    return key_id


def private_pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_pem(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _next(files: KeyFiles) -> str:
    return f"next-{files.name}-"


def _waiting(folder: Path, files: KeyFiles) -> list[Path]:
    return sorted(folder.glob(f"{_next(files)}*.pem"))


def _write(path: Path, pem: bytes, mode: int) -> None:
    """A file that is there is never touched: what a lost key signed could not be checked any more."""
    path.touch(0o600, exist_ok=False)
    path.write_bytes(pem)
    path.chmod(mode)
