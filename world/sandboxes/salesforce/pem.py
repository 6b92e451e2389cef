"""The connected app's certificate."""

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey


def public_key(text: str) -> bytes:
    """Return the public key, as PEM, of an X.509 certificate or of a bare public key.

    Raises:
        ValueError: it is neither, or its key is no RSA key.
    """
    raw = text.encode()
    is_certificate = b"BEGIN CERTIFICATE" in raw
    key = (
        x509.load_pem_x509_certificate(raw).public_key()
        if is_certificate
        else serialization.load_pem_public_key(raw)
    )
    if not isinstance(key, RSAPublicKey):
        message = "the certificate has no RSA key"
        raise ValueError(message)  # noqa: TRY004 - what callers catch
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
