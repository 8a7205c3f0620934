"""The keys of tickets, from `ticket-key-<number>.pem` files: the newest one signs, all of them verify.

So a key is changed by adding a file and starting again (new_key.py); tickets signed before stay good for as long as
theirs stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

# A ticket code has one byte for it.
LARGEST_KEY_ID = 255


class KeyUnreadable(Exception):
    """A key file holds no Ed25519 key, or its name no number, or no key can sign; the text says which."""


@dataclass(frozen=True, slots=True)
class TicketSigner:
    """The key that signs new tickets; its id stands in each of them."""

    key_id: int
    private_key: Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class TicketKeys:
    """The signer, and the public keys of all tickets that are still good, by key id."""

    signer: TicketSigner
    public_keys: Mapping[int, Ed25519PublicKey]


def load_ticket_keys(folder: Path) -> TicketKeys:
    """The private key with the highest number signs; raises KeyUnreadable if there is none."""
    keys = _keys_in(folder)
    private = {key_id: key for key_id, key in keys.items() if isinstance(key, Ed25519PrivateKey)}
    key_id = max(private, default=None)
    if key_id is None:
        raise KeyUnreadable(f"{folder} holds no ticket-key-<number>.pem with a private key, so no ticket can be signed")
    if key_id > LARGEST_KEY_ID:
        raise KeyUnreadable(f"{folder / f'ticket-key-{key_id}.pem'} cannot sign: key numbers end at {LARGEST_KEY_ID}")
    return TicketKeys(TicketSigner(key_id, private[key_id]), _public(keys))


def load_public_keys(folder: Path) -> dict[int, Ed25519PublicKey]:
    """The public keys by key id; a file may hold a public key or the signer's own."""
    return _public(_keys_in(folder))


def _public(keys: Mapping[int, Ed25519PrivateKey | Ed25519PublicKey]) -> dict[int, Ed25519PublicKey]:
    return {
        key_id: key.public_key() if isinstance(key, Ed25519PrivateKey) else key for key_id, key in sorted(keys.items())
    }


def _keys_in(folder: Path) -> dict[int, Ed25519PrivateKey | Ed25519PublicKey]:
    return {_number_of(path): _key_in(path) for path in folder.glob("ticket-key-*.pem")}


def _number_of(path: Path) -> int:
    number = path.stem.removeprefix("ticket-key-")
    if not number.isdecimal():
        raise KeyUnreadable(f"{path} is not named ticket-key-<number>.pem")
    return int(number)


def _key_in(path: Path) -> Ed25519PrivateKey | Ed25519PublicKey:
    try:
        pem = path.read_bytes()
        key = load_pem_public_key(pem) if b"PUBLIC KEY" in pem else load_pem_private_key(pem, password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyUnreadable(f"{path} cannot be read: {error}") from error
    if not isinstance(key, Ed25519PrivateKey | Ed25519PublicKey):
        raise KeyUnreadable(f"{path} holds no Ed25519 key")
    return key
