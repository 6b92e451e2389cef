"""The connected app, and the few words that the tests say to an org."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwk, jwt

DATA = "/services/data/v60.0"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
APP = {"consumer_key": "3MVG9.tiebeam", "username": "integration@example.com"}
STANDARD_PRICEBOOK = "01sxx0000000000AAA"


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


KEY = _key()
OTHER_KEY = _key()


def private_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def public_pem() -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return KEY.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def certificate_pem() -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tiebeam")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEY.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(KEY, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def assertion(
    audience: str, *, key: rsa.RSAPrivateKey = KEY, seconds: float = 170, **changes: object
) -> str:
    claims: dict[str, object] = {
        "iss": APP["consumer_key"],
        "sub": APP["username"],
        "aud": audience,
        "exp": int(time.time() + seconds),
    }
    kept = {name: value for name, value in (claims | changes).items() if value is not None}
    return jwt.encode({"alg": "RS256"}, kept, jwk.RSAKey.import_key(private_pem(key)))


class Org:
    """An org, spoken to over HTTP."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.base = str(client.base_url).rstrip("/")

    async def set_up(self, **settings: object) -> None:
        changed = await self.client.put("/_admin/settings", json=settings)
        assert changed.is_success, changed.text

    async def move_clock(self, now: datetime) -> None:
        moved = await self.client.put("/_admin/clock", json={"now": now.isoformat()})
        assert moved.is_success

    async def ask_token(self, jws: str, **form: str) -> httpx.Response:
        whole = {"grant_type": GRANT, "assertion": jws} | form
        return await self.client.post("/services/oauth2/token", data=whole)

    async def sign_in(self) -> None:
        granted = await self.ask_token(assertion(self.base))
        assert granted.is_success, granted.text
        self.client.headers["Authorization"] = f"Bearer {granted.json()['access_token']}"

    async def send(self, method: str, path: str, **request: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own
        return await self.client.request(method, DATA + path, **request)

    async def create(self, sobject: str, **fields: object) -> str:
        created = await self.send("POST", f"/sobjects/{sobject}", json=fields)
        assert created.status_code == 201, created.text
        return str(created.json()["id"])

    async def update(self, sobject: str, key: str, **fields: object) -> None:
        updated = await self.send("PATCH", f"/sobjects/{sobject}/{key}", json=fields)
        assert updated.status_code == 204, updated.text

    async def row(self, sobject: str, key: str) -> dict[str, Any]:
        found = await self.send("GET", f"/sobjects/{sobject}/{key}")
        assert found.status_code == 200, found.text
        return dict(found.json())

    async def query(self, soql: str) -> list[dict[str, Any]]:
        answer = await self.send("GET", "/query", params={"q": soql})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["records"])

    async def names(self, soql: str) -> list[str]:
        return [record["Name"] for record in await self.query(soql)]

    async def keys(self, sobject: str) -> list[str]:
        found = await self.query(f"SELECT Id FROM {sobject}")  # noqa: S608 - the test's own word
        return [record["Id"] for record in found]

    async def log(self) -> list[dict[str, Any]]:
        return list((await self.client.get("/_admin/log")).json())

    async def deal(self, **fields: object) -> str:
        needed = {"Name": "Acme - rollout", "StageName": "Proposal", "CloseDate": "2026-03-31"}
        return await self.create("Opportunity", **(needed | fields))

    async def price(self, code: str, amount: object, currency: str = "USD") -> str:
        product = await self.create("Product2", Name=code.title(), ProductCode=code)
        return await self.create(
            "PricebookEntry",
            Pricebook2Id=STANDARD_PRICEBOOK,
            Product2Id=product,
            UnitPrice=amount,
            CurrencyIsoCode=currency,
            IsActive=True,
        )


def refusal(response: httpx.Response) -> tuple[int, str, list[str] | None]:
    """Return the status, code and fields of an answer that carries one error."""
    (error,) = response.json()
    assert error["message"]
    return response.status_code, error["errorCode"], error.get("fields")
