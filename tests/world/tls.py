"""A certificate that is made for the test that needs it, and for the hosts that it names."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

_DAY = timedelta(days=1)
_LOOPBACK = ipaddress.ip_address("127.0.0.1")


class Pair(NamedTuple):
    """A certificate, which is its own authority, and its key; PEM files."""

    certificate: Path
    key: Path

    @property
    def options(self) -> list[str]:
        """Return the options that have a sandbox speak https."""
        return ["--tls-cert", str(self.certificate), "--tls-key", str(self.key)]


def made(folder: Path, *hosts: str) -> Pair:
    """Write a pair for loopback and for some hosts by name."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sandbox")])
    names = [x509.DNSName("localhost"), *(x509.DNSName(host) for host in hosts)]
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([*names, x509.IPAddress(_LOOPBACK)]), critical=False
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    pair = Pair(folder / "sandbox.pem", folder / "sandbox.key")
    pair.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    pair.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return pair
