"""How we sign in: Salesforce says with which token, and where it is good."""

import base64
import re

import httpx
from cryptography.exceptions import UnsupportedAlgorithm
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from typing_extensions import override

from connectors import auth, errors
from connectors.salesforce._faults import VENDOR
from connectors.salesforce._options import Options

_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_HOST = re.compile(r"[0-9a-z.-]+")
_EVERYBODYS_HOSTS = ("login.salesforce.com", "test.salesforce.com")


class _OrgToken(auth.GrantedToken):
    """A token that is good at the org's own host."""

    def __init__(self, login_url: str, options: Options, clock: auth.Clock) -> None:
        super().__init__(VENDOR, clock)
        self._login = httpx.URL(login_url).copy_with(path="/", query=None, fragment=None)
        self._options = options

    def _grant(self, form: dict[str, str], **headers: str) -> httpx.Request:
        url = self._login.join("/services/oauth2/token")
        return httpx.Request("POST", url, data=form, headers=headers)

    @override
    def address(self, request: httpx.Request, token: auth.Token) -> None:
        """Send the request, and with it the token, to the org's host.

        Raises:
            Drifted: the token endpoint names a host that may not have the token.
        """
        if token.instance_url is None:
            return
        org = _url(token.instance_url)
        if org is None or not self._is_allowed(org):
            raise errors.Drifted(VENDOR, "instance_url of the token is no allowed host")
        request.url = request.url.copy_with(scheme=org.scheme, host=org.host, port=org.port)
        request.headers["Host"] = request.url.netloc.decode("ascii")

    def _is_allowed(self, org: httpx.URL) -> bool:
        if org.userinfo or not _HOST.fullmatch(org.host):
            return False
        if org.scheme not in {"https", self._login.scheme}:
            return False
        if org.host == self._login.host or self._options.allows(org.netloc.decode("ascii")):
            return True
        is_theirs = org.host.endswith((".salesforce.com", ".force.com"))
        return is_theirs and org.scheme == "https" and org.port is None


class JwtBearer(_OrgToken):
    """A token for the user of the credential, for whom we sign."""

    def __init__(
        self, login_url: str, credential: auth.Credential, options: Options, clock: auth.Clock
    ) -> None:
        super().__init__(login_url, options, clock)
        self._issuer = _secret(credential, "consumer_key")
        self._subject = _secret(credential, "username")
        self._key = _key(_secret(credential, "private_key"))

    @override
    def grant_request(self) -> httpx.Request:
        """Return the signed request; its assertion is good for a few minutes."""
        claims = {
            "iss": self._issuer,
            "sub": self._subject,
            "aud": str(self._login).rstrip("/"),
            "exp": int(self._clock().timestamp()) + self._options.assertion_seconds,
        }
        assertion = jwt.encode({"alg": "RS256"}, claims, self._key, algorithms=["RS256"])
        return self._grant({"grant_type": _JWT_BEARER, "assertion": assertion})


class ClientCredentials(_OrgToken):
    """A token for the connected app itself, which shows its secret."""

    def __init__(
        self, login_url: str, credential: auth.Credential, options: Options, clock: auth.Clock
    ) -> None:
        super().__init__(login_url, options, clock)
        if self._login.host in _EVERYBODYS_HOSTS:
            msg = f"{self._login.host} grants no client credentials: give the org's own domain"
            raise ValueError(msg)
        shown = f"{_secret(credential, 'consumer_key')}:{_secret(credential, 'consumer_secret')}"
        self._basic = f"Basic {base64.b64encode(shown.encode()).decode()}"

    @override
    def grant_request(self) -> httpx.Request:
        """Return the request with the app's key and secret."""
        return self._grant({"grant_type": "client_credentials"}, Authorization=self._basic)


def signed_in(
    login_url: str, credential: auth.Credential, options: Options, clock: auth.Clock
) -> httpx.Auth:
    """Return the flow that the options choose.

    Raises:
        Unauthorized: the credential lacks a part, or its key is none.
        ValueError: the flow does not work at this host.
    """
    flow = ClientCredentials if options.flow == "client_credentials" else JwtBearer
    return flow(login_url, credential, options, clock)


def _url(text: str) -> httpx.URL | None:
    try:
        return httpx.URL(text)
    except httpx.InvalidURL:
        return None


def _secret(credential: auth.Credential, name: str) -> str:
    if name not in credential or not credential[name].get_secret_value():
        raise errors.Unauthorized(VENDOR, f"the credential has no {name}")
    return credential[name].get_secret_value()


def _key(pem: str) -> RSAKey:
    try:
        key = RSAKey.import_key(pem)
    except (JoseError, TypeError, UnsupportedAlgorithm, ValueError):  # TypeError: it is encrypted
        raise errors.Unauthorized(VENDOR, "private_key is no RSA key in PEM") from None
    if not key.is_private:
        raise errors.Unauthorized(VENDOR, "private_key is a public key")
    return key
