"""Ed25519 keys from the secrets folder."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key


def read_private_key(file: Path) -> Ed25519PrivateKey:
    """A PKCS #8 PEM file without a password."""
    key = load_pem_private_key(file.read_bytes(), password=None)
    assert isinstance(key, Ed25519PrivateKey), f"{file} holds no Ed25519 key"
    return key


def read_public_key(file: Path) -> Ed25519PublicKey:
    key = load_pem_public_key(file.read_bytes())
    assert isinstance(key, Ed25519PublicKey), f"{file} holds no Ed25519 key"
    return key
