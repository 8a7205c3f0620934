"""Keys of a test's own: nothing in a folder knows them."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.keys.files import Keys, Signer


def new_keys(key_id: int = 1) -> Keys:
    """One key that signs, and that all know."""
    key = Ed25519PrivateKey.generate()
    return Keys(Signer(key_id, key), {key_id: key.public_key()})
