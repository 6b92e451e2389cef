import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.world.salesforce.house import Org, refusal

_NOWHERE = "001xx0000000zzzAAA"


async def test_creates_and_reads_a_row(org: Org) -> None:
    created = await org.send("POST", "/sobjects/Account", json={"Name": "Acme"})
    key = created.json()["id"]

    assert created.status_code == 201
    assert created.json() == {"id": key, "success": True, "errors": []}
    row = await org.row("Account", key)
    assert row["attributes"] == {
        "type": "Account",
        "url": f"/services/data/v60.0/sobjects/Account/{key}",
    }
    assert (row["Id"], row["Name"], row["IsDeleted"]) == (key, "Acme", False)
    assert (row["CurrencyIsoCode"], row["Phone"]) == ("USD", None)


async def test_answers_the_fields_asked_for_and_the_id(org: Org) -> None:
    key = await org.create("Account", Name="Acme", Phone="1")

    asked = await org.send("GET", f"/sobjects/account/{key}?fields=name,Phone")
    unknown = await org.send("GET", f"/sobjects/Account/{key}?fields=Name,Nmae")

    assert set(asked.json()) == {"attributes", "Name", "Phone", "Id"}
    assert asked.headers["content-type"] == "application/json;charset=UTF-8"
    assert refusal(unknown) == (400, "INVALID_FIELD", None)


async def test_ids_have_18_characters_and_are_taken_with_15(org: Org) -> None:
    keys = [await org.create("Account", Name=f"Firm {number}") for number in range(40)]
    child = await org.create("Contact", LastName="Doe", AccountId=keys[-1][:15])

    assert {len(key) for key in keys} == {18}
    assert keys == sorted(keys)
    assert len({key.casefold() for key in keys}) == 40  # 15 characters alone would not differ
    assert (await org.row("Account", keys[-1][:15]))["Id"] == keys[-1]
    assert (await org.row("Contact", child))["AccountId"] == keys[-1]
    swapped = await org.send("GET", f"/sobjects/Account/{keys[-1].swapcase()}")
    assert refusal(swapped)[:2] == (404, "NOT_FOUND")


async def test_changes_a_row_field_by_field(org: Org) -> None:
    key = await org.create("Account", Name="Acme", Phone="1", Website="acme.example")

    await org.update("Account", key, phone="2", Website="")

    row = await org.row("Account", key)
    assert (row["Name"], row["Phone"], row["Website"]) == ("Acme", "2", None)


async def test_stamps_to_the_second_by_the_orgs_clock(org: Org) -> None:
    start = datetime(2026, 3, 1, 8, tzinfo=UTC)
    await org.move_clock(start)
    key = await org.create("Account", Name="Acme")
    created = await org.row("Account", key)
    await org.move_clock(start + timedelta(minutes=5))
    await org.update("Account", key, Phone="1")

    changed = await org.row("Account", key)

    assert created["CreatedDate"].startswith("2026-03-01T08:00:")
    assert created["CreatedDate"].endswith(".000+0000")
    assert created["CreatedDate"] == created["LastModifiedDate"] == created["SystemModstamp"]
    assert changed["CreatedDate"] == created["CreatedDate"]
    assert changed["LastModifiedDate"] == changed["SystemModstamp"]
    assert changed["SystemModstamp"].startswith("2026-03-01T08:05:")


async def test_a_deleted_row_is_gone_for_every_verb(org: Org) -> None:
    key = await org.create("Account", Name="Acme")
    assert (await org.send("DELETE", f"/sobjects/Account/{key}")).status_code == 204

    for method in ("GET", "PATCH", "DELETE"):
        gone = await org.send(method, f"/sobjects/Account/{key}", json={"Name": "B"})
        assert refusal(gone) == (404, "ENTITY_IS_DELETED", [])
    assert await org.query("SELECT Id FROM Account") == []


@pytest.mark.parametrize(
    "sent",
    ["0.1", "50000.00", "1e3", "12345678901234.5678", "-0.005", "7", "0"],
)
async def test_keeps_numbers_digit_for_digit(org: Org, sent: str) -> None:
    body = f'{{"Name": "I", "Net__c": {sent}}}'
    created = await org.send(
        "POST", "/sobjects/Invoice__c", content=body, headers={"Content-Type": "application/json"}
    )
    key = created.json()["id"]

    answer = await org.send("GET", f"/sobjects/Invoice__c/{key}?fields=Net__c")

    kept = json.loads(answer.text, parse_float=str, parse_int=str)["Net__c"]
    assert Decimal(kept) == Decimal(sent)
    assert "." in kept
    assert "e" not in kept.lower()


@pytest.mark.parametrize(
    ("sobject", "body", "expected"),
    [
        ("Account", {}, ("REQUIRED_FIELD_MISSING", ["Name"])),
        ("Account", {"Name": None}, ("REQUIRED_FIELD_MISSING", ["Name"])),
        ("Account", {"Name": ""}, ("REQUIRED_FIELD_MISSING", ["Name"])),
        ("Opportunity", {}, ("REQUIRED_FIELD_MISSING", ["Name", "StageName", "CloseDate"])),
        ("Account", {"Name": "A", "Nmae": "B"}, ("INVALID_FIELD", None)),
        ("Account", {"Name": "A", "Parent": {"Name": "B"}}, ("INVALID_FIELD", None)),
        ("Account", {"Name": "A" * 256}, ("STRING_TOO_LONG", ["Name"])),
        ("Account", {"Name": 7}, ("JSON_PARSER_ERROR", None)),
        ("Account", {"Name": ["A"]}, ("JSON_PARSER_ERROR", None)),
        ("Account", {"Name": "A", "Id": _NOWHERE}, ("INVALID_FIELD_FOR_INSERT_UPDATE", ["Id"])),
        (
            "Account",
            {"Name": "A", "Tax_Status__c": "Pirate"},
            ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["Tax_Status__c"]),
        ),
        (
            "Account",
            {"Name": "A", "CurrencyIsoCode": "XTS"},
            ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["CurrencyIsoCode"]),
        ),
        (
            "Account",
            {"Name": "A", "CurrencyIsoCode": None},
            ("REQUIRED_FIELD_MISSING", ["CurrencyIsoCode"]),
        ),
        ("Account", {"Name": "A", "ParentId": "x"}, ("MALFORMED_ID", ["ParentId"])),
        (
            "Account",
            {"Name": "A", "ParentId": _NOWHERE.replace("001", "006")},
            ("MALFORMED_ID", ["ParentId"]),
        ),
        (
            "Account",
            {"Name": "A", "ParentId": _NOWHERE},
            ("INVALID_CROSS_REFERENCE_KEY", ["ParentId"]),
        ),
        ("Invoice__c", {"Net__c": "ten"}, ("JSON_PARSER_ERROR", None)),
        ("Invoice__c", {"Net__c": "10"}, ("JSON_PARSER_ERROR", None)),
        ("Invoice__c", {"Net__c": True}, ("JSON_PARSER_ERROR", None)),
        ("Invoice__c", {"Net__c": 10**18}, ("NUMBER_OUTSIDE_VALID_RANGE", ["Net__c"])),
        ("Invoice__c", {"Net__c": 1e300}, ("NUMBER_OUTSIDE_VALID_RANGE", ["Net__c"])),
        ("Invoice__c", {"Invoice_Date__c": "2026-02-29"}, ("JSON_PARSER_ERROR", None)),
        ("Invoice__c", {"Invoice_Date__c": "20260228"}, ("JSON_PARSER_ERROR", None)),
        ("Invoice__c", {"Invoice_Date__c": "2026-02-28T00:00:00Z"}, ("JSON_PARSER_ERROR", None)),
        ("Product2", {"Name": "P", "IsActive": "true"}, ("JSON_PARSER_ERROR", None)),
    ],
)
async def test_refuses_a_row_and_keeps_nothing_of_it(
    org: Org, sobject: str, body: dict[str, object], expected: tuple[str, list[str] | None]
) -> None:
    refused = await org.send("POST", f"/sobjects/{sobject}", json=body)

    assert refusal(refused) == (400, *expected)
    assert await org.keys(sobject) == []
    assert await org.log() == []


async def test_refuses_a_change_and_keeps_nothing_of_it(org: Org) -> None:
    key = await org.create("Account", Name="Acme", Phone="1")
    before = await org.row("Account", key)

    for body in ({"Phone": "2", "Name": None}, {"Phone": "2", "Color": "red"}):
        refused = await org.send("PATCH", f"/sobjects/Account/{key}", json=body)
        assert refused.status_code == 400

    assert await org.row("Account", key) == before
    assert len(await org.log()) == 1


async def test_refuses_a_reference_to_a_deleted_row(org: Org) -> None:
    key = await org.create("Account", Name="Acme")
    await org.send("DELETE", f"/sobjects/Account/{key}")

    refused = await org.send("POST", "/sobjects/Contact", json={"LastName": "X", "AccountId": key})

    assert refusal(refused)[1] == "INVALID_CROSS_REFERENCE_KEY"


async def test_numbers_as_texts_are_a_switch(org: Org) -> None:
    await org.set_up(numeric_strings_accepted=True)

    key = await org.create("Invoice__c", Net__c="10.50")

    assert (await org.row("Invoice__c", key))["Net__c"] == 10.5
    refused = await org.send("POST", "/sobjects/Invoice__c", json={"Net__c": "ten"})
    assert refusal(refused)[1] == "JSON_PARSER_ERROR"
    infinite = await org.send("POST", "/sobjects/Invoice__c", json={"Net__c": "Infinity"})
    assert refusal(infinite)[1] == "NUMBER_OUTSIDE_VALID_RANGE"


@pytest.mark.parametrize(
    ("content", "media_type", "status", "code"),
    [
        ("{", "application/json", 400, "JSON_PARSER_ERROR"),
        ("[]", "application/json", 400, "JSON_PARSER_ERROR"),
        ('{"Name": "\\ud800"}', "application/json", 400, "JSON_PARSER_ERROR"),
        ('{"Name": NaN}', "application/json", 400, "JSON_PARSER_ERROR"),
        ('{"Name": ' + "[" * 100_000, "application/json", 400, "JSON_PARSER_ERROR"),
        ("Name=Acme", "application/x-www-form-urlencoded", 415, "UNSUPPORTED_MEDIA_TYPE"),
    ],
    ids=["cut", "no object", "half a character", "NaN", "deep", "form"],
)
async def test_refuses_a_body_that_is_no_json_object(
    org: Org, content: str, media_type: str, status: int, code: str
) -> None:
    refused = await org.send(
        "POST", "/sobjects/Account", content=content, headers={"Content-Type": media_type}
    )

    assert refusal(refused) == (status, code, None)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("POST", "/sobjects/Nothing__c", 404, "NOT_FOUND"),
        ("GET", f"/sobjects/Account/{_NOWHERE}", 404, "NOT_FOUND"),
        ("GET", "/sobjects/Account/x", 404, "NOT_FOUND"),
        ("GET", "/nothing/here", 404, "NOT_FOUND"),
        ("GET", "/../v99.0/limits", 404, "NOT_FOUND"),
        ("PUT", "/sobjects/Account", 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/query", 405, "METHOD_NOT_ALLOWED"),
    ],
)
async def test_refuses_what_is_not_there(
    org: Org, method: str, path: str, status: int, code: str
) -> None:
    refused = await org.send(method, path, json={})

    assert refusal(refused) == (status, code, None)


async def test_logs_each_accepted_write_and_nothing_else(org: Org) -> None:
    key = await org.create("Account", Name="Acme")
    await org.update("Account", key, Phone="1")
    await org.send("POST", "/sobjects/Account", json={"Name": None})
    await org.send("GET", f"/sobjects/Account/{key}")
    await org.send("DELETE", f"/sobjects/Account/{key}")

    assert [(entry["operation"], entry["body"]) for entry in await org.log()] == [
        ("create", {"object": "Account", "id": key, "fields": {"Name": "Acme"}}),
        ("update", {"object": "Account", "id": key, "fields": {"Phone": "1"}}),
        ("delete", {"object": "Account", "id": key, "fields": {}}),
    ]


async def test_a_slash_at_the_end_of_a_path_makes_no_difference(org: Org) -> None:
    created = await org.send("POST", "/sobjects/Account/", json={"Name": "A"})
    found = await org.send("GET", "/query/", params={"q": "SELECT Name FROM Account"})

    assert created.status_code == 201
    assert [record["Name"] for record in found.json()["records"]] == ["A"]
