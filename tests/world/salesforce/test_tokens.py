import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jwk, jwt

from tests.world.salesforce.house import (
    APP,
    DATA,
    OTHER_KEY,
    Org,
    assertion,
    certificate_pem,
    public_pem,
    refusal,
)

LOGIN = "http://org.example"
_OUTBOUND: dict[str, object] = {
    "object": "Account", "when": {"Name": "A"}, "fields": ["Id"], "url": "http://a:1/x",
}  # fmt: skip


def _unsigned() -> str:
    parts = ({"alg": "none"}, {"iss": APP["consumer_key"]})
    head, claims = (base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=") for p in parts)
    return f"{head.decode()}.{claims.decode()}."


def _signed_with_the_public_key() -> str:
    claims = {"iss": APP["consumer_key"], "sub": APP["username"], "aud": LOGIN}
    key = jwk.OctKey.import_key(hashlib.sha256(public_pem().encode()).digest())
    return jwt.encode({"alg": "HS256"}, claims | {"exp": int(time.time()) + 100}, key)


async def test_grants_a_token_that_opens_the_api(org: Org) -> None:
    granted = await org.ask_token(assertion(LOGIN))

    body = granted.json()
    assert granted.status_code == 200
    assert granted.headers["Cache-Control"] == "no-store"
    assert set(body) == {"access_token", "scope", "instance_url", "id", "token_type"}
    assert body["instance_url"] == LOGIN
    assert body["id"] == f"{LOGIN}/id/00D000000000001EAA/005xx0000000001AAB"
    opened = await org.client.get(
        DATA + "/limits", headers={"Authorization": f"Bearer {body['access_token']}"}
    )
    assert opened.is_success


async def test_takes_a_certificate_as_well_as_a_bare_key(org: Org) -> None:
    await org.set_up(certificate_pem=certificate_pem())

    assert (await org.ask_token(assertion(LOGIN))).is_success
    forged = await org.ask_token(assertion(LOGIN, key=OTHER_KEY))
    assert forged.json()["error"] == "invalid_grant"


async def test_takes_exp_as_the_text_of_a_number(org: Org) -> None:
    soon = str(int(time.time()) + 100)

    assert (await org.ask_token(assertion(LOGIN, exp=soon))).is_success


_INVALID = ("invalid_grant", "invalid assertion")
_NO_CLIENT = ("invalid_client_id", "client identifier invalid")
_AUDIENCE = ("invalid_grant", "audience is invalid")
_EXPIRED = ("invalid_grant", "expired authorization code")
_NOT_APPROVED = ("invalid_grant", "user hasn't approved this consumer")


@pytest.mark.parametrize(
    ("make", "denial"),
    [
        pytest.param(lambda: "", _INVALID, id="none"),
        pytest.param(lambda: "a.b.c", _INVALID, id="garbage"),
        pytest.param(lambda: "é.é.é", _INVALID, id="not ASCII"),
        pytest.param(_unsigned, _INVALID, id="unsigned"),
        pytest.param(_signed_with_the_public_key, _INVALID, id="signed with the public key"),
        pytest.param(lambda: assertion(LOGIN, key=OTHER_KEY), _INVALID, id="signed by another"),
        pytest.param(lambda: assertion(LOGIN)[:-4] + "AAAA", _INVALID, id="signature changed"),
        pytest.param(lambda: assertion(LOGIN, iss="another"), _NO_CLIENT, id="another app"),
        pytest.param(lambda: assertion(LOGIN, iss=None), _NO_CLIENT, id="no app"),
        pytest.param(lambda: assertion("http://login.example"), _AUDIENCE, id="another host"),
        pytest.param(lambda: assertion(LOGIN + "/services"), _AUDIENCE, id="a path"),
        pytest.param(lambda: assertion(LOGIN, seconds=-1), _EXPIRED, id="expired"),
        pytest.param(lambda: assertion(LOGIN, seconds=600), _EXPIRED, id="valid too long"),
        pytest.param(lambda: assertion(LOGIN, exp=None), _EXPIRED, id="no expiry"),
        pytest.param(lambda: assertion(LOGIN, exp="soon"), _EXPIRED, id="expiry no number"),
        pytest.param(lambda: assertion(LOGIN, exp=10**30), _EXPIRED, id="expiry beyond time"),
        pytest.param(lambda: assertion(LOGIN, sub="eve"), _NOT_APPROVED, id="another user"),
    ],
)
async def test_refuses_an_assertion(
    org: Org, make: Callable[[], str], denial: tuple[str, str]
) -> None:
    denied = await org.ask_token(make())

    assert denied.status_code == 400
    assert denied.headers["Cache-Control"] == "no-store"
    assert (denied.json()["error"], denied.json()["error_description"]) == denial


async def test_refuses_other_grants_and_an_org_without_an_app(org: Org) -> None:
    other = await org.ask_token(assertion(LOGIN), grant_type="password")
    await org.set_up(consumer_key="")
    without = await org.ask_token(assertion(LOGIN, iss=""))

    assert other.json()["error"] == "unsupported_grant_type"
    assert without.json()["error"] == "invalid_client_id"


async def test_long_assertions_are_a_switch(org: Org) -> None:
    await org.set_up(jwt_exp_within_3_minutes=False)

    assert (await org.ask_token(assertion(LOGIN, seconds=3600))).is_success
    assert (await org.ask_token(assertion(LOGIN, seconds=-1))).status_code == 400


async def test_the_clock_that_judges_an_assertion_is_a_switch(org: Org) -> None:
    next_year = datetime.now(UTC) + timedelta(days=365)
    await org.move_clock(next_year)
    by_the_org = int((next_year + timedelta(minutes=2)).timestamp())

    assert (await org.ask_token(assertion(LOGIN))).is_success
    await org.set_up(jwt_clock="sandbox")
    assert (await org.ask_token(assertion(LOGIN))).status_code == 400
    assert (await org.ask_token(assertion(LOGIN, exp=by_the_org))).is_success


async def test_a_signed_answer_is_a_switch(org: Org) -> None:
    await org.set_up(jwt_answer_is_signed=True, consumer_secret="s3cret")  # noqa: S106 - a test's

    body = (await org.ask_token(assertion(LOGIN))).json()

    signed = (body["id"] + body["issued_at"]).encode()
    signature = base64.b64encode(hmac.digest(b"s3cret", signed, "sha256")).decode()
    assert body["signature"] == signature
    assert abs(int(body["issued_at"]) / 1000 - time.time()) < 60


async def test_login_and_instance_may_have_other_addresses(org: Org) -> None:
    await org.set_up(login_url="https://login.example", instance_url="https://acme.example")

    body = (await org.ask_token(assertion("https://login.example"))).json()

    assert body["instance_url"] == "https://acme.example"
    assert body["id"].startswith("https://login.example/id/")


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer nonsense", "Basic YTpi"])
async def test_refuses_requests_without_a_session(org: Org, authorization: str) -> None:
    org.client.headers["Authorization"] = authorization

    refused = await org.send("GET", "/limits")

    assert refusal(refused) == (401, "INVALID_SESSION_ID", None)


async def test_a_session_ends_after_two_hours_unused(org: Org) -> None:
    start = datetime.now(UTC)
    for minutes in (100, 200):  # each use keeps it alive
        await org.move_clock(start + timedelta(minutes=minutes))
        assert (await org.send("GET", "/limits")).is_success

    await org.move_clock(start + timedelta(minutes=200 + 121))

    assert refusal(await org.send("GET", "/limits"))[0] == 401
    await org.sign_in()
    assert (await org.send("GET", "/limits")).is_success


async def test_the_admin_ends_every_session(org: Org) -> None:
    assert (await org.client.delete("/_admin/sessions")).status_code == 204

    assert refusal(await org.send("GET", "/limits")) == (401, "INVALID_SESSION_ID", None)


@pytest.mark.parametrize(
    "settings",
    [
        {"certificate_pem": "no certificate"},
        {"default_currency": "XXX"},
        {"jwt_clock": "moon"},
        {"outbound_messages": [{"object": "Opportunity"}]},
        {"outbound_messages": [_OUTBOUND | {"object": "Nothing__c"}]},
        {"outbound_messages": [_OUTBOUND | {"fields": ["Nmae"]}]},
        {"outbound_messages": [_OUTBOUND | {"when": {"Nmae": "A"}}]},
        {"outbound_messages": [_OUTBOUND | {"url": "ftp://a"}]},
        {"outbound_messages": [_OUTBOUND | {"url": "http:///a"}]},
        {"outbound_messages": [_OUTBOUND | {"url": "http://a:99999"}]},
        {"outbound_messages": [_OUTBOUND | {"url": 7}]},
    ],
)
async def test_refuses_settings_that_could_not_work(org: Org, settings: dict[str, object]) -> None:
    before = (await org.client.get("/_admin/settings")).json()

    refused = await org.client.put("/_admin/settings", json=settings)

    assert refused.status_code == 400
    assert refused.json()["error"]
    assert (await org.client.get("/_admin/settings")).json() == before


async def test_takes_settings_that_work(org: Org) -> None:
    await org.set_up(outbound_messages=[_OUTBOUND], jwt_clock="sandbox")
