"""The stage of the analytics tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.analytics_stage import Stage, open_stage
from tests.support.cluster import Cluster


@pytest.fixture(scope="session")
def pass_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture
async def stage(cluster: Cluster, tmp_path: Path, pass_key: Ed25519PrivateKey) -> AsyncIterator[Stage]:
    public = pass_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "pass-public.pem").write_bytes(public)
    async for opened in open_stage(cluster, tmp_path):
        yield opened
