import logging
from datetime import timedelta
from urllib.parse import parse_qs

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from pydantic import SecretStr, ValidationError

from connectors import errors
from tests.connectors.salesforce.org import (
    CREDENTIAL,
    KEY,
    NOW,
    SECRET,
    Org,
    answer,
    connected,
    refusal,
)
from tests.connectors.salesforce.sample import ACCOUNT

LOGIN = "https://login.salesforce.com"


async def _host(instance_url: str, *, url: str = LOGIN, **options: str) -> str:
    """Return where a request goes after the token endpoint named a host."""
    org = Org(answer("account.json"), token=answer("token.json", instance_url=f'"{instance_url}"'))
    async with connected(org, url=url, options=options) as crm:
        try:
            await crm.account(ACCOUNT)
        except errors.Drifted:
            assert org.requests == [], "the token left for a host that may not have it"
            raise
    [request] = org.requests
    assert request.headers["Host"] == request.url.netloc.decode()
    assert request.headers["Authorization"].endswith(SECRET)
    return f"{request.url.scheme}://{request.url.netloc.decode()}"


async def test_the_assertion_says_who_we_are_for_a_few_minutes() -> None:
    org = Org(answer("account.json"))

    async with connected(org) as crm:
        await crm.account(ACCOUNT)

    [grant] = org.grants
    form = parse_qs(grant.content.decode())
    token = jwt.decode(form["assertion"][0], KEY, algorithms=["RS256"])
    assert str(grant.url) == f"{LOGIN}/services/oauth2/token"
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    assert token.header["alg"] == "RS256"
    assert token.claims == {
        "iss": "3MVG9.consumer",
        "sub": "tiebeam@acme.test",
        "aud": LOGIN,
        "exp": int((NOW + timedelta(seconds=170)).timestamp()),
    }


@pytest.mark.parametrize("url", ["http://127.0.0.1:8401", "http://127.0.0.1:8401/"])
async def test_the_audience_is_the_login_host_without_a_path(url: str) -> None:
    org = Org(answer("account.json"), token=answer("token.json", instance_url="null"))

    async with connected(org, url=url, options={"assertion_seconds": "60"}) as crm:
        await crm.account(ACCOUNT)

    form = parse_qs(org.grants[0].content.decode())
    claims = jwt.decode(form["assertion"][0], KEY, algorithms=["RS256"]).claims
    assert claims["aud"] == "http://127.0.0.1:8401"
    assert claims["exp"] == int(NOW.timestamp()) + 60
    assert org.requests[0].url.netloc == b"127.0.0.1:8401"


@pytest.mark.parametrize(
    ("instance_url", "options"),
    [
        ("https://acme.my.salesforce.com", {}),
        ("https://acme--uat.sandbox.my.salesforce.com", {}),
        ("https://acme.lightning.force.com", {}),
        ("https://login.salesforce.com", {}),
        ("https://crm.acme.test", {"allowed_hosts": "other.test, crm.acme.test"}),
        ("https://crm.acme.test:8443", {"allowed_hosts": "CRM.acme.test:8443"}),
    ],
)
async def test_a_request_goes_where_the_token_is_good(
    instance_url: str, options: dict[str, str]
) -> None:
    assert await _host(instance_url, **options) == instance_url


async def test_a_login_host_on_loopback_is_its_own_org() -> None:
    url = "http://127.0.0.1:8401"

    assert await _host(url, url=url) == url


@pytest.mark.parametrize(
    "instance_url",
    [
        "http://acme.my.salesforce.com",
        "http://login.salesforce.com",
        "https://salesforce.com.evil.test",
        "https://evilsalesforce.com",
        "https://evil.test/.salesforce.com",
        "https://evil.test#.salesforce.com",
        "https://evil.test?.salesforce.com",
        "https://evil.test%5c.salesforce.com",
        "https://acme.my.salesforce.com@evil.test",
        "https://user@acme.my.salesforce.com",
        "https://acme.my.salesforce.com:8443",
        "https://acme.my.salesforce.com.",
        "https://169.254.169.254",
        "https://[::ffff:127.0.0.1]",
        "https://2130706433",
        "file://login.salesforce.com/etc/passwd",
        "//acme.my.salesforce.com",
        "acme.my.salesforce.com",
        "https://crm.acme.test",
        "https://acme.my.salesforce.com:port",
        "",
    ],
)
async def test_no_other_host_gets_the_token(instance_url: str) -> None:
    with pytest.raises(errors.Drifted, match="no allowed host"):
        await _host(instance_url, allowed_hosts="crm.acme.test:8443")


async def test_a_loopback_org_sends_no_token_in_the_clear_to_others() -> None:
    with pytest.raises(errors.Drifted):
        await _host("http://acme.my.salesforce.com", url="http://127.0.0.1:8401")


@pytest.mark.parametrize(
    "code",
    ["invalid_client_id", "invalid_grant", "invalid_client", "inactive_user", "inactive_org"],
)
async def test_a_refused_grant_is_unauthorized_and_says_the_code(code: str) -> None:
    refused = httpx.Response(
        400,
        json={"error": code, "error_description": f"user {SECRET} hasn't approved this consumer"},
        headers={"Cache-Control": "no-store"},
    )
    org = Org(answer("account.json"), token=refused)

    async with connected(org) as crm:
        with pytest.raises(errors.Unauthorized) as caught:
            await crm.account(ACCOUNT)

    assert str(caught.value) == f"salesforce: token endpoint answered 400 {code}"
    assert (len(org.grants), org.requests) == (1, [])


async def test_neither_key_nor_token_reaches_an_error_or_a_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    org = Org(refusal(401, "INVALID_SESSION_ID"))

    async with connected(org) as crm:
        with pytest.raises(errors.Unauthorized) as caught:
            await crm.account(ACCOUNT)

    told = f"{caught.value}{caught.value.reason}{caplog.text}{org.requests[0].url}"
    assertion = parse_qs(org.grants[0].content.decode())["assertion"][0]
    assert not [secret for secret in (SECRET, assertion, "PRIVATE KEY") if secret in told]


@pytest.mark.parametrize("part", ["consumer_key", "username", "private_key"])
async def test_a_credential_without_a_part_is_named_at_once(part: str) -> None:
    partial = {name: secret for name, secret in CREDENTIAL.items() if name != part}

    with pytest.raises(errors.Unauthorized, match=f"no {part}"):
        async with connected(Org(), credential=partial):
            pass


@pytest.mark.parametrize(
    "pem",
    [
        "",
        SECRET,
        "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n",
        KEY.as_pem(private=False).decode(),
        ECKey.generate_key("P-256").as_pem(private=True).decode(),
        RSAKey.generate_key(2048).as_pem(private=True, password="x").decode(),  # noqa: S106 - a test key
    ],
    ids=["empty", "text", "garbage", "public", "elliptic", "encrypted"],
)
async def test_a_key_that_cannot_sign_is_refused_at_once(pem: str) -> None:
    credential = {**CREDENTIAL, "private_key": SecretStr(pem)}

    with pytest.raises(errors.Unauthorized, match="private_key") as caught:
        async with connected(Org(), credential=credential):
            pass
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("api_version", "60"),
        ("api_version", "v60.0/../.."),
        ("assertion_seconds", "0"),
        ("assertion_seconds", "soon"),
        ("assertion_second", "170"),
    ],
)
async def test_an_option_that_cannot_work_is_named_at_once(option: str, value: str) -> None:
    with pytest.raises(ValidationError, match=option):
        async with connected(Org(), options={option: value}):
            pass
