"""Signing keys as numbered files of the secrets folder: the newest private one signs, all of them verify.

So a key is changed by adding a file and starting again (new_key.py); what was signed before stays good for as long as
its key's file stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from shared.settings import SettingsWrong

FIRST_KEY_ID = 1
# A ticket code has one byte for it.
LARGEST_KEY_ID = 255


class KeyUnreadable(SettingsWrong):
    """A key file holds no Ed25519 key, or its name no number, or no key can sign; the text says which."""


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """What the files of one kind of key are called: NAME-NUMBER.pem, except the first. Each may hold a public key only.

    public: the files that hold the same keys' public halves, for those who must not sign.
    """

    name: str
    first: str
    public: "KeyFiles | None" = None

    def file(self, folder: Path, key_id: int) -> Path:
        return folder / (self.first if key_id == FIRST_KEY_ID else f"{self.name}-{key_id}.pem")

    def by_key_id(self, folder: Path) -> dict[int, Path]:
        """The files that are there; raises KeyUnreadable for a name that two files could mean."""
        found = {self._key_id_of(path): path for path in folder.glob(f"{self.name}-*.pem")}
        first = self.file(folder, FIRST_KEY_ID)
        return {FIRST_KEY_ID: first, **found} if first.exists() else found

    def _key_id_of(self, path: Path) -> int:
        number = path.stem.removeprefix(f"{self.name}-")
        if not (number.isdecimal() and path == self.file(path.parent, int(number))):
            raise KeyUnreadable(f"{path} is not named {self.name}-<number>.pem; the first is {self.first}")
        return int(number)


TICKET_KEYS = KeyFiles("ticket-key", "ticket-key-1.pem")
# Passes had one key for long, and its files no number.
PASS_PUBLIC_KEYS = KeyFiles("pass-public", "pass-public.pem")
PASS_KEYS = KeyFiles("pass-key", "pass-key.pem", PASS_PUBLIC_KEYS)


@dataclass(frozen=True, slots=True)
class Signer:
    """The key that signs; its id stands in everything it signed."""

    key_id: int
    private_key: Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class Keys:
    """The signer, and the public keys of all that is still good, by key id."""

    signer: Signer
    public_keys: Mapping[int, Ed25519PublicKey]


def load_keys(folder: Path, files: KeyFiles) -> Keys:
    """The private key with the highest number signs; raises KeyUnreadable if there is none."""
    keys = _keys_in(folder, files)
    private = {key_id: key for key_id, key in keys.items() if isinstance(key, Ed25519PrivateKey)}
    key_id = max(private, default=None)
    if key_id is None:
        raise KeyUnreadable(f"{folder} holds no {files.name}-<number>.pem with a private key, so nothing can be signed")
    if key_id > LARGEST_KEY_ID:
        raise KeyUnreadable(f"{files.file(folder, key_id)} cannot sign: key numbers end at {LARGEST_KEY_ID}")
    return Keys(Signer(key_id, private[key_id]), _public(keys))


def load_public_keys(folder: Path, files: KeyFiles) -> dict[int, Ed25519PublicKey]:
    """The public keys by key id, of files with public keys and of the signer's own."""
    return _public(_keys_in(folder, files))


def _public(keys: Mapping[int, Ed25519PrivateKey | Ed25519PublicKey]) -> dict[int, Ed25519PublicKey]:
    return {
        key_id: key.public_key() if isinstance(key, Ed25519PrivateKey) else key for key_id, key in sorted(keys.items())
    }


def _keys_in(folder: Path, files: KeyFiles) -> dict[int, Ed25519PrivateKey | Ed25519PublicKey]:
    return {key_id: _key_in(path) for key_id, path in files.by_key_id(folder).items()}


def _key_in(path: Path) -> Ed25519PrivateKey | Ed25519PublicKey:
    try:
        pem = path.read_bytes()
        key = load_pem_public_key(pem) if b"PUBLIC KEY" in pem else load_pem_private_key(pem, password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyUnreadable(f"{path} cannot be read: {error}") from error
    if not isinstance(key, Ed25519PrivateKey | Ed25519PublicKey):
        raise KeyUnreadable(f"{path} holds no Ed25519 key")
    return key
