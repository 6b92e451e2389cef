from typing import Any

import pytest

from tests.world.salesforce.house import Org, refusal

ROLLED_BACK = "ALL_OR_NONE_OPERATION_ROLLED_BACK"
CONTACT: dict[str, object] = {"attributes": {"type": "Contact"}, "LastName": "B"}


def _account(name: str | None = None, **fields: object) -> dict[str, object]:
    named = {} if name is None else {"Name": name}
    return {"attributes": {"type": "Account"}, **named, **fields}


async def _send(
    org: Org, method: str, path: str, *records: dict[str, object], all_or_none: bool = False
) -> list[dict[str, Any]]:
    body = {"allOrNone": all_or_none, "records": list(records)}
    answer = await org.send(method, f"/composite/sobjects{path}", json=body)
    assert answer.status_code == 200, answer.text
    return list(answer.json())


def _codes(results: list[dict[str, Any]]) -> list[str]:
    return [result["errors"][0]["statusCode"] if result["errors"] else "" for result in results]


async def test_a_created_collection_answers_each_row_in_its_place(org: Org) -> None:
    results = await _send(org, "POST", "", _account("A"), _account(), _account("C"))

    assert _codes(results) == ["", "REQUIRED_FIELD_MISSING", ""]
    assert results[1] == {
        "success": False,
        "errors": [
            {
                "statusCode": "REQUIRED_FIELD_MISSING",
                "message": "Required fields are missing: [Name]",
                "fields": ["Name"],
            }
        ],
    }
    assert [result.get("id") for result in results if result["success"]] == await org.keys(
        "Account"
    )


async def test_all_or_none_keeps_nothing_and_still_names_what_was_good(org: Org) -> None:
    results = await _send(org, "POST", "", _account("A"), _account(), all_or_none=True)

    assert _codes(results) == [ROLLED_BACK, "REQUIRED_FIELD_MISSING"]
    assert results[0]["id"].startswith("001")
    assert not any(result["success"] for result in results)
    assert await org.keys("Account") == []
    assert [entry["operation"] for entry in await org.log()] == []


async def test_updates_by_the_id_in_each_record(org: Org) -> None:
    first, second = await org.create("Account", Name="A"), await org.create("Account", Name="B")
    await org.send("DELETE", f"/sobjects/Account/{second}")

    results = await _send(
        org, "PATCH", "", _account("A2", id=first), _account("B2", id=second), _account("C2")
    )

    assert _codes(results) == ["", "ENTITY_IS_DELETED", "MISSING_ARGUMENT"]
    assert await org.names("SELECT Name FROM Account") == ["A2"]


async def test_upserts_by_an_external_id_in_each_record(org: Org) -> None:
    await org.create("Account", Name="A", Tiebeam_Client__c="CL-1")
    for name in ("X", "Y"):
        await org.create("Account", Name=name, Erp_Customer__c="twice")

    results = await _send(
        org,
        "PATCH",
        "/Account/Tiebeam_Client__c",
        _account("A2", Tiebeam_Client__c="CL-1"),
        _account("B", Tiebeam_Client__c="CL-2"),
        _account("C"),
    )
    ambiguous = await _send(
        org, "PATCH", "/Account/Erp_Customer__c", _account("Z", Erp_Customer__c="twice")
    )

    assert [result.get("created") for result in results] == [False, True, None]
    assert _codes(results) == ["", "", "MISSING_ARGUMENT"]
    assert _codes(ambiguous) == ["DUPLICATE_EXTERNAL_ID"]
    assert await org.names("SELECT Name FROM Account ORDER BY Name") == ["A2", "B", "X", "Y"]


async def test_deletes_by_ids_of_any_object(org: Org) -> None:
    account, product = await org.create("Account", Name="A"), await org.create("Product2", Name="P")
    ids = f"{account},{product},{account},nonsense"

    answer = await org.send("DELETE", "/composite/sobjects", params={"ids": ids})

    assert answer.status_code == 200
    assert _codes(answer.json()) == ["", "", "ENTITY_IS_DELETED", "MALFORMED_ID"]
    assert await org.keys("Account") == []


@pytest.mark.parametrize("is_null", [True, False])
async def test_gets_rows_by_their_ids_whatever_stands_for_a_missing_one(
    org: Org, *, is_null: bool
) -> None:
    await org.set_up(missing_row_of_collection_is_null=is_null)
    key = await org.create("Account", Name="A")
    body = {"ids": [key, "001xx0000ZZZZZZZZZ"], "fields": ["Id", "Name"]}

    answer = await org.send("POST", "/composite/sobjects/Account", json=body)

    found = answer.json()
    assert (found[0]["Id"], found[0]["Name"]) == (key, "A")
    assert found[1:] == ([None] if is_null else [])


async def test_takes_200_rows_and_ten_runs_of_one_object(org: Org) -> None:
    whole = await _send(org, "POST", "", *[_account(f"{number}") for number in range(200)])
    assert all(result["success"] for result in whole)
    runs = [_account("A"), CONTACT]

    for records, code in (
        ([_account("A")] * 201, "EXCEEDED_MAX_SIZE_REQUEST"),
        (runs * 6, "INVALID_INPUT"),
        ([{"Name": "A"}], "INVALID_TYPE"),
        ("A", "JSON_PARSER_ERROR"),
    ):
        refused = await org.send("POST", "/composite/sobjects", json={"records": records})
        assert refusal(refused)[:2] == (400, code)
    assert len(await _send(org, "POST", "", *(runs * 5))) == 10


async def test_a_tree_is_kept_whole_or_not_at_all(org: Org) -> None:
    def record(name: str, kind: str, **fields: object) -> dict[str, object]:
        return {"attributes": {"type": kind, "referenceId": name}, **fields}

    child = record("ct", "Contact", LastName="Rao")
    parent = record("acct", "Account", Name="A", Contacts={"records": [child]})

    made = await org.send("POST", "/composite/tree/Account", json={"records": [parent]})
    broken = parent | {"Contacts": {"records": [record("ct", "Contact", FirstName="X")]}}
    refused = await org.send("POST", "/composite/tree/Account", json={"records": [broken]})

    assert (made.status_code, made.json()["hasErrors"]) == (201, False)
    assert [result["referenceId"] for result in made.json()["results"]] == ["acct", "ct"]
    [contact] = await org.query("SELECT Account.Name FROM Contact")
    assert contact["Account"]["Name"] == "A"
    assert (refused.status_code, refused.json()["hasErrors"]) == (400, True)
    [failed] = refused.json()["results"]
    assert (failed["referenceId"], _codes([failed])) == ("ct", ["REQUIRED_FIELD_MISSING"])
    assert len(await org.keys("Account")) == 1


async def test_a_tree_of_nonsense_is_refused(org: Org) -> None:
    for records in ("A", [{"Name": "A"}], [_account("A", attributes={"referenceId": "r"})] * 2):
        refused = await org.send("POST", "/composite/tree/Account", json={"records": records})
        assert refused.status_code == 400
