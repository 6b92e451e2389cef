from typing import Any

import pytest

from tests.world.salesforce.house import DATA, Org, refusal

HALTED = "PROCESSING_HALTED"


def _post(name: str, sobject: str, **body: object) -> dict[str, Any]:
    url = f"{DATA}/sobjects/{sobject}"
    return {"method": "POST", "url": url, "referenceId": name, "body": body}


def _get(name: str, path: str) -> dict[str, Any]:
    return {"method": "GET", "url": DATA + path, "referenceId": name}


async def _composite(
    org: Org, *parts: dict[str, Any], all_or_none: bool = False
) -> list[dict[str, Any]]:
    body = {"allOrNone": all_or_none, "compositeRequest": list(parts)}
    answer = await org.send("POST", "/composite", json=body)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["compositeResponse"])


def _outcomes(parts: list[dict[str, Any]]) -> list[tuple[int, str]]:
    return [
        (
            part["httpStatusCode"],
            part["body"][0]["errorCode"] if part["httpStatusCode"] >= 400 else "",
        )
        for part in parts
    ]


async def test_parts_build_on_each_other_and_count_as_one_request(org: Org) -> None:
    before = (await org.send("GET", "/limits")).json()["DailyApiRequests"]["Remaining"]
    parts = await _composite(
        org,
        _post("acct", "Account", Name="A"),
        _post("ct", "Contact", AccountId="@{acct.id}", LastName="Rao"),
        _get("found", "/query?q=SELECT+Id,Name+FROM+Account+WHERE+Id='@{acct.id}'"),
        _get("again", "/sobjects/Account/@{found.records[0].Id}?fields=Name"),
    )
    after = (await org.send("GET", "/limits")).json()["DailyApiRequests"]["Remaining"]

    assert before - after == 2
    assert [part["httpStatusCode"] for part in parts] == [201, 201, 200, 200]
    assert [part["referenceId"] for part in parts] == ["acct", "ct", "found", "again"]
    key = parts[0]["body"]["id"]
    assert parts[0]["httpHeaders"] == {"Location": f"{DATA}/sobjects/Account/{key}"}
    assert parts[3]["body"]["Name"] == "A"
    [contact] = await org.query("SELECT AccountId FROM Contact")
    assert contact["AccountId"] == key


async def test_an_update_answers_without_a_body(org: Org) -> None:
    key = await org.create("Account", Name="A")
    url = f"{DATA}/sobjects/Account/{key}"

    [part] = await _composite(
        org, {"method": "PATCH", "url": url, "referenceId": "u", "body": {"Name": "B"}}
    )

    assert (part["httpStatusCode"], part["body"]) == (204, None)


async def test_without_all_or_none_only_dependants_of_a_failure_are_halted(org: Org) -> None:
    parts = await _composite(
        org,
        _post("bad", "Account"),
        _post("ct", "Contact", AccountId="@{bad.id}", LastName="Rao"),
        _post("good", "Account", Name="A"),
    )

    assert _outcomes(parts) == [(400, "REQUIRED_FIELD_MISSING"), (400, HALTED), (201, "")]
    assert parts[1]["body"][0]["message"].startswith("Invalid reference specified. No value for")
    assert await org.names("SELECT Name FROM Account") == ["A"]


async def test_all_or_none_rolls_everything_back(org: Org) -> None:
    parts = await _composite(
        org,
        _post("first", "Account", Name="A"),
        _post("bad", "Account"),
        _post("never", "Account", Name="B"),
        all_or_none=True,
    )

    assert _outcomes(parts) == [(400, HALTED), (400, "REQUIRED_FIELD_MISSING"), (400, HALTED)]
    assert await org.keys("Account") == []


async def test_a_collection_with_failures_is_a_success_of_its_part(org: Org) -> None:
    records = [{"attributes": {"type": "Account"}, **each} for each in ({"Name": "A"}, {})]
    inner = {"allOrNone": False, "records": records}
    part = {
        "method": "POST",
        "url": f"{DATA}/composite/sobjects",
        "referenceId": "c",
        "body": inner,
    }

    [answer] = await _composite(org, part, all_or_none=True)

    assert answer["httpStatusCode"] == 200
    assert [row["success"] for row in answer["body"]] == [True, False]
    assert await org.names("SELECT Name FROM Account") == ["A"]


async def test_refuses_what_is_no_composite(org: Org) -> None:
    post = _post("a", "Account", Name="A")
    query = _get("q", "/query?q=SELECT+Id+FROM+Account")
    cases: tuple[tuple[list[dict[str, Any]], str], ...] = (
        ([post | {"referenceId": f"r{number}"} for number in range(26)], "LIMIT_EXCEEDED"),
        ([query | {"referenceId": f"r{number}"} for number in range(6)], "LIMIT_EXCEEDED"),
        ([post, post], "INVALID_INPUT"),
        ([post | {"referenceId": "a-b"}], "INVALID_INPUT"),
        ([{"method": "GET"}], "JSON_PARSER_ERROR"),
        ([], "JSON_PARSER_ERROR"),
    )

    for parts, code in cases:
        refused = await org.send("POST", "/composite", json={"compositeRequest": parts})
        assert refusal(refused)[:2] == (400, code)
    assert await org.keys("Account") == []


async def test_a_part_that_leads_nowhere_fails_alone(org: Org) -> None:
    parts = await _composite(
        org,
        {"method": "GET", "url": "/elsewhere", "referenceId": "out"},
        _get("missing", "/nothing"),
        _get("inner", "/composite"),
        _post("good", "Account", Name="A"),
    )

    assert [code for code, _ in _outcomes(parts)] == [404, 404, 405, 201]


def _batched(*paths: str, **body: object) -> dict[str, object]:
    requests = [{"method": "GET", "url": f"v60.0{path}"} for path in paths]
    return {"batchRequests": requests, **body}


@pytest.mark.parametrize("is_halting", [True, False])
async def test_a_batch_goes_on_or_halts(org: Org, *, is_halting: bool) -> None:
    body = _batched("/limits", "/sobjects/Account/001xx0000ZZZZZZ", "/limits")

    answer = (
        await org.send("POST", "/composite/batch", json=body | {"haltOnError": is_halting})
    ).json()

    assert answer["hasErrors"] is True
    last = 412 if is_halting else 200
    assert [part["statusCode"] for part in answer["results"]] == [200, 404, last]
    if is_halting:
        assert answer["results"][2]["result"][0]["errorCode"] == "BATCH_PROCESSING_HALTED"


@pytest.mark.parametrize(("is_counted", "statuses"), [(True, [200, 403]), (False, [200, 200])])
async def test_the_parts_of_a_batch_count_or_do_not(
    org: Org, *, is_counted: bool, statuses: list[int]
) -> None:
    await org.set_up(daily_api_requests=2, batch_parts_are_counted=is_counted)
    query = "/query?q=SELECT+Id+FROM+Account"

    answer = await org.send("POST", "/composite/batch", json=_batched(query, query))

    assert [part["statusCode"] for part in answer.json()["results"]] == statuses


async def test_each_part_of_a_batch_keeps_what_it_did(org: Org) -> None:
    url = "v60.0/sobjects/Account"
    requests = [{"method": "POST", "url": url, "richInput": body} for body in ({"Name": "A"}, {})]

    answer = await org.send("POST", "/composite/batch", json={"batchRequests": requests})

    assert [part["statusCode"] for part in answer.json()["results"]] == [201, 400]
    assert await org.names("SELECT Name FROM Account") == ["A"]
