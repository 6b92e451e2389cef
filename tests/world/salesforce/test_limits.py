from datetime import UTC, datetime, timedelta

import pytest

from tests.world.salesforce.house import Org, refusal


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/limits"),
        ("GET", "/query?q=SELECT Id FROM Account"),
        ("GET", "/query?q=nonsense"),
        ("POST", "/sobjects/Account"),
        ("GET", "/nothing"),
        ("PUT", "/limits"),
    ],
)
async def test_each_answer_says_how_much_is_used(org: Org, method: str, path: str) -> None:
    before = await org.send("GET", "/limits")

    after = await org.send(method, path, json={"Name": "A"})

    assert before.headers["Sforce-Limit-Info"] == "api-usage=1/100000"
    assert after.headers["Sforce-Limit-Info"] == "api-usage=2/100000"


async def test_limits_say_what_remains(org: Org) -> None:
    await org.set_up(daily_api_requests=50)

    await org.send("GET", "/limits")

    assert (await org.send("GET", "/limits")).json() == {
        "DailyApiRequests": {"Max": 50, "Remaining": 48}
    }


async def test_refuses_everything_past_the_daily_limit_until_tomorrow(org: Org) -> None:
    await org.move_clock(datetime(2026, 3, 1, 8, tzinfo=UTC))
    await org.sign_in()
    await org.set_up(daily_api_requests=2)
    await org.create("Account", Name="A")
    await org.create("Account", Name="B")

    refused = await org.send("POST", "/sobjects/Account", json={"Name": "C"})

    assert refusal(refused) == (403, "REQUEST_LIMIT_EXCEEDED", None)
    assert refused.json()[0]["message"] == "TotalRequests Limit exceeded."
    assert refused.headers["Sforce-Limit-Info"] == "api-usage=2/2"
    await org.move_clock(datetime(2026, 3, 1, 8, tzinfo=UTC) + timedelta(hours=17))
    await org.sign_in()
    assert await org.names("SELECT Name FROM Account") == ["A", "B"]


async def test_lists_the_versions_uncounted_and_to_anyone(org: Org) -> None:
    session = org.client.headers.pop("Authorization")

    listed = await org.client.get("/services/data/")
    await org.set_up(versions_need_token=True)
    refused = await org.client.get("/services/data/")
    org.client.headers["Authorization"] = session
    admitted = await org.client.get("/services/data/")

    assert {
        "label": "Spring '24",
        "url": "/services/data/v60.0",
        "version": "60.0",
    } in listed.json()
    assert refusal(refused)[:2] == (401, "INVALID_SESSION_ID")
    assert admitted.json() == listed.json()
    assert (
        (await org.send("GET", "/limits")).headers["Sforce-Limit-Info"].startswith("api-usage=1/")
    )
