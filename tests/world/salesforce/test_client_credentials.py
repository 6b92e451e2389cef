"""A session for the connected app itself, by its key and secret."""

import httpx
import pytest

from tests.world.salesforce.house import APP, DATA, Org

SECRET = "app-secret"  # noqa: S105 - the test's own
KEY = APP["consumer_key"]


async def _ask(
    org: Org, *, basic: bool = False, key: str = KEY, secret: str = SECRET
) -> httpx.Response:
    form = {"grant_type": "client_credentials"}
    if not basic:
        form |= {"client_id": key, "client_secret": secret}
    auth = httpx.BasicAuth(key, secret) if basic else httpx.USE_CLIENT_DEFAULT
    return await org.client.post("/services/oauth2/token", data=form, auth=auth)


@pytest.fixture(autouse=True)
async def _secret(org: Org) -> None:
    await org.set_up(consumer_secret=SECRET)
    del org.client.headers["Authorization"]


@pytest.mark.parametrize("basic", [True, False], ids=["basic", "body"])
async def test_grants_a_signed_session_that_opens_the_api(org: Org, *, basic: bool) -> None:
    granted = (await _ask(org, basic=basic)).json()

    assert set(granted) > {"signature", "issued_at"}
    session = {"Authorization": f"Bearer {granted['access_token']}"}
    assert (await org.client.get(DATA + "/limits", headers=session)).is_success


@pytest.mark.parametrize("basic", [True, False], ids=["basic", "body"])
@pytest.mark.parametrize(
    ("key", "secret", "error"),
    [
        ("3MVG9.other", SECRET, "invalid_client_id"),
        ("", SECRET, "invalid_client_id"),
        (KEY, "wrong", "invalid_client"),
        (KEY, "", "invalid_client"),
    ],
)
async def test_refuses_a_wrong_key_or_secret(
    org: Org, *, basic: bool, key: str, secret: str, error: str
) -> None:
    refused = await _ask(org, basic=basic, key=key, secret=secret)

    assert (refused.status_code, refused.json()["error"]) == (400, error)


async def test_refuses_credentials_that_are_no_credentials(org: Org) -> None:
    form = {"grant_type": "client_credentials"}
    headers = {"Authorization": "Basic !!!"}

    refused = await org.client.post("/services/oauth2/token", data=form, headers=headers)

    assert refused.json()["error"] == "invalid_client"


async def test_an_app_without_a_secret_or_a_user_grants_nothing(org: Org) -> None:
    await org.set_up(client_credentials_enabled=False)
    without_user = await _ask(org)
    await org.set_up(client_credentials_enabled=True, consumer_secret="")
    without_secret = await _ask(org, secret="")

    assert without_user.json()["error"] == "invalid_grant"
    assert without_secret.json()["error"] == "invalid_client"


async def test_only_the_orgs_own_domain_grants_it(org: Org) -> None:
    await org.set_up(login_url=org.base, instance_url="http://acme.my.example")

    refused = await _ask(org)

    assert refused.json() == {
        "error": "invalid_grant",
        "error_description": "request not supported on this domain",
    }
    await org.set_up(login_url="http://login.example", instance_url="")
    assert (await _ask(org)).is_success
