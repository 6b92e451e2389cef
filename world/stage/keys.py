"""The credentials of one stack: what each system accepts, and what its callers present."""

import json
import secrets
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

TRYTON_USER = "tiebeam"
_KEY_BITS = 2048


@dataclass(frozen=True, kw_only=True)
class Keys:
    """Secrets never show in a repr. The first of the tokens is the administrator's."""

    consumer_key: str
    username: str
    private_key_pem: str = field(repr=False)
    certificate_pem: str
    organization_id: str
    kantata_tokens: tuple[str, ...] = field(repr=False)
    tenant: str
    client_id: str
    client_secret: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    tryton_password: str = field(repr=False)

    @classmethod
    def fresh(cls) -> Self:
        """Return new random credentials; the certificate is a bare public key."""
        private = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
        return cls(
            consumer_key=f"consumer-{secrets.token_urlsafe(24)}",
            username="integration@firm.test",
            private_key_pem=private.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ).decode(),
            certificate_pem=private.public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .decode(),
            organization_id="00D000000000001EAA",
            kantata_tokens=(secrets.token_urlsafe(24),),
            tenant="firm.test",
            client_id=f"client-{secrets.token_urlsafe(12)}",
            client_secret=secrets.token_urlsafe(24),
            webhook_secret=secrets.token_urlsafe(24),
            tryton_password=secrets.token_urlsafe(24),
        )

    @classmethod
    def kept(cls, file: Path) -> Self:
        """Return the credentials of a file that only its owner can read, or fresh ones for it."""
        known = json.loads(file.read_text()) if file.exists() else {}
        if known:
            known["kantata_tokens"] = tuple(known["kantata_tokens"])
        if known.keys() == {each.name for each in fields(cls)}:
            return cls(**known)
        keys = replace(cls.fresh(), **known)  # an older file lacks the newest vendors' keys
        file.touch(mode=0o600)
        file.write_text(json.dumps(asdict(keys), indent=1))
        return keys

    def of_vendor(self, vendor: str) -> dict[str, str]:
        """Return what a caller presents to a vendor's system, under the names it asks for."""
        by_vendor = {
            "salesforce": {
                "consumer_key": self.consumer_key,
                "username": self.username,
                "private_key": self.private_key_pem,
                "organization": self.organization_id,
                "webhook_secret": self.webhook_secret,
            },
            "kantata": {"token": self.kantata_tokens[0]},
            "dynamics": {
                "client_id": self.client_id,
                "client_secret": self.client_secret,
                "webhook_secret": self.webhook_secret,
            },
            "tryton": {"user": TRYTON_USER, "password": self.tryton_password},
        }
        return by_vendor.get(vendor, {})
