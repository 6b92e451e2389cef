from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import httpx
import pytest
from pydantic import ValidationError

from connectors import errors, ports
from connectors.dynamics import connect
from tests.connectors.dynamics.fake_environment import FakeEnvironment
from tests.connectors.dynamics.house import BATCH, CREDENTIAL, SECRET, USMF, instance, opened


async def test_the_connector_is_an_erp() -> None:
    async with opened(FakeEnvironment()) as erp:
        port: ports.Erp = erp

        assert await port.find_journals(USMF, BATCH) == ()


async def test_the_app_asks_its_tenant_for_the_scope_of_the_environment() -> None:
    seen: list[httpx.Request] = []
    fake = FakeEnvironment()

    def remember(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return fake(request)

    async with connect(
        instance(tenant="contoso"), CREDENTIAL, transport=httpx.MockTransport(remember)
    ) as erp:
        await erp.find_journals(USMF, BATCH)
        await erp.find_journals(USMF, BATCH)

    token, *calls = seen
    assert str(token.url) == "https://login.microsoftonline.com/contoso/oauth2/v2.0/token"
    assert parse_qs(token.content.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["app"],
        "client_secret": [SECRET],
        "scope": ["https://env.test/.default"],
    }
    assert [call.headers["Authorization"] for call in calls] == ["Bearer token"] * 2
    assert calls[0].extensions["timeout"]["read"] == 2


async def test_a_token_is_renewed_before_it_expires() -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    grants: list[httpx.Request] = []
    fake = FakeEnvironment()

    def remember(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            grants.append(request)
        return fake(request)

    options = {"token_url": "https://login.test/token"}
    async with connect(
        instance(**options),
        CREDENTIAL,
        clock=lambda: now,
        transport=httpx.MockTransport(remember),
    ) as erp:
        await erp.find_journals(USMF, BATCH)
        now += timedelta(seconds=3540)
        await erp.find_journals(USMF, BATCH)

    assert len(grants) == 2


async def test_a_wrong_secret_is_unauthorized_and_not_told() -> None:
    refusal = {"error": "invalid_client", "error_description": f"AADSTS7000215: {SECRET}"}

    async with opened(lambda _: httpx.Response(401, json=refusal)) as erp:
        with pytest.raises(errors.Unauthorized) as caught:
            await erp.create_journal(USMF, BATCH)
    assert SECRET not in str(caught.value)


async def test_a_failing_token_endpoint_leaves_a_write_unsent() -> None:
    async with opened(lambda _: httpx.Response(503)) as erp:
        with pytest.raises(errors.Transient):
            await erp.create_journal(USMF, BATCH)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"tenant": "contoso", "line_propperty": "NonCharge"},
        {"tenant": "contoso", "dimension_delimiter": "--"},
        {"tenant": "contoso", "country_regions": "DE"},
    ],
    ids=["no-tenant", "misspelt", "long-delimiter", "half-a-pair"],
)
async def test_options_that_make_no_sense_are_refused_at_once(options: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        async with connect(instance(**options), CREDENTIAL):
            pytest.fail("it connected")


@pytest.mark.parametrize("decimals", ["2", "4"], ids=["another", "the same"])
async def test_how_finely_hours_are_kept_is_said_once_and_not_among_the_options(
    decimals: str,
) -> None:
    with pytest.raises(ValueError, match="hours_decimals stands beside the options"):
        async with connect(instance(tenant="contoso", hours_decimals=decimals), CREDENTIAL):
            pytest.fail("it connected")
