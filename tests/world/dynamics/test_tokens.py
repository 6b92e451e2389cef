import pytest

from tests.world.dynamics.firm import Firm, infolog

_AT = {"scope": "http://erp.test/.default"}


async def test_a_token_opens_the_environment(stranger: Firm) -> None:
    answer = await stranger.token(**_AT)

    token = answer.json()
    assert answer.status_code == 200
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 3599)
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    assert (await stranger.http.get("/data/Currencies", headers=headers)).status_code == 200


async def test_the_first_endpoint_answers_numbers_as_text_and_names_the_resource(
    stranger: Firm,
) -> None:
    await stranger.clock("2026-03-15T12:00:00Z")

    answer = await stranger.token("oauth2/token", resource="http://erp.test")

    token = answer.json()
    assert token["expires_in"] == "3599"
    assert int(token["expires_on"]) - int(token["not_before"]) == 3599
    assert token["resource"] == "http://erp.test"
    assert "refresh_token" not in token


@pytest.mark.parametrize(
    ("form", "status", "error", "code"),
    [
        (_AT | {"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        (_AT | {"client_id": "unknown"}, 400, "unauthorized_client", 700016),
        ({"scope": "not a scope"}, 400, "invalid_scope", 70011),
        ({"scope": "http://erp.test/read"}, 400, "invalid_scope", 1002012),
        ({"scope": "http://other.test/.default"}, 400, "invalid_resource", 500011),
        ({}, 400, "invalid_request", 900144),
        (_AT | {"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
    ],
)
async def test_entra_refuses_with_its_own_codes(
    stranger: Firm, form: dict[str, str], status: int, error: str, code: int
) -> None:
    answer = await stranger.token(**form)

    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (status, error, [code])
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    assert body["error_uri"].endswith(f"code={code}")


async def test_entra_does_not_know_another_tenant(stranger: Firm) -> None:
    answer = await stranger.token(tenant="elsewhere", **_AT)

    assert (answer.status_code, answer.json()["error_codes"]) == (400, [90002])


@pytest.mark.parametrize("authorization", ["", "Bearer nonsense", "Basic abc"])
async def test_nothing_is_answered_without_a_valid_token(
    stranger: Firm, authorization: str
) -> None:
    headers = {"Authorization": authorization}

    answer = await stranger.http.get("/data/Currencies", headers=headers)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert infolog(answer) == "Unauthorized"


async def test_an_application_that_is_not_registered_is_refused_with_a_valid_token(
    firm: Firm,
) -> None:
    await firm.settings(registered_client_ids=["somebody-else"])

    refused = await firm.get("Currencies")

    await firm.settings(registered_client_ids=["dynamics-sandbox-client"])
    assert refused.status_code == 401
    assert (await firm.get("Currencies")).status_code == 200


async def test_a_token_ends_by_the_clock_of_the_sandbox(firm: Firm) -> None:
    await firm.clock("2026-03-15T12:59:50Z")
    assert (await firm.get("Currencies")).status_code == 200

    await firm.clock("2026-03-15T13:00:10Z")

    assert (await firm.get("Currencies")).status_code == 401


async def test_answers_carry_an_activity_id_and_the_version(firm: Firm) -> None:
    one, other = await firm.get("Currencies"), await firm.get("Nothing")

    assert one.headers["OData-Version"] == other.headers["OData-Version"] == "4.0"
    assert one.headers["ms-dyn-aid"] != other.headers["ms-dyn-aid"]
