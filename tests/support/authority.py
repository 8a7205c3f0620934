"""An authority of a test's own, and the certificate of one server on this machine that it vouches for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from shared.clock import utc_now


@dataclass(frozen=True, slots=True)
class Certified:
    """In PEM: who vouches, the server's certificate, and its key."""

    authority: bytes
    certificate: bytes
    key: bytes


def certified(host: str = "127.0.0.1") -> Certified:
    """A new authority, and a server certificate for this address."""
    of_authority, of_server = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name, now = _name("authority of the tests"), utc_now()
    authority = (
        _valid(x509.CertificateBuilder(), now)
        .subject_name(name)
        .issuer_name(name)
        .public_key(of_authority.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(of_authority.public_key()), critical=False)
        .sign(of_authority, hashes.SHA256())
    )
    server = (
        _valid(x509.CertificateBuilder(), now)
        .subject_name(_name("server of the tests"))
        .issuer_name(name)
        .public_key(of_server.public_key())
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
        .add_extension(_usage(signs_certificates=False), critical=True)
        # A broker is its own client too.
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(of_authority.public_key()), critical=False)
        .sign(of_authority, hashes.SHA256())
    )
    key = of_server.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem = serialization.Encoding.PEM
    return Certified(authority.public_bytes(pem), server.public_bytes(pem), key)


def write(path: Path, content: bytes) -> Path:
    """A file that its owner alone may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(0o600)
    path.write_bytes(content)
    return path


def _valid(certificate: x509.CertificateBuilder, now: datetime) -> x509.CertificateBuilder:
    whole = certificate.serial_number(x509.random_serial_number())
    return whole.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
