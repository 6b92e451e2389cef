"""What the org's own set-up refuses: locks, validation rules and duplicates."""

from typing import Any

import pytest

from tests.world.salesforce.house import Org, refusal

RULE: dict[str, object] = {
    "name": "Standard_Account_Duplicate_Rule",
    "object": "Account",
    "fields": ["Name", "BillingCity"],
    "allow_save": True,
    "message": "Use one of these records?",
}


async def test_a_locked_row_cannot_be_written_nor_can_its_children(org: Org) -> None:
    key, other = await org.create("Account", Name="A"), await org.create("Account", Name="B")
    await org.set_up(locked_rows=[key])

    updated = await org.send("PATCH", f"/sobjects/Account/{key}", json={"Name": "C"})
    deleted = await org.send("DELETE", f"/sobjects/Account/{key}")
    child = await org.send("POST", "/sobjects/Contact", json={"LastName": "R", "AccountId": key})

    for refused in (updated, deleted, child):
        assert refusal(refused) == (400, "UNABLE_TO_LOCK_ROW", [])
        assert key in refused.json()[0]["message"]
    await org.update("Account", other, Name="C")
    await org.set_up(locked_rows=[])
    await org.update("Account", key, Name="C")


async def test_a_validation_rule_refuses_in_its_own_words(org: Org) -> None:
    rule = {
        "object": "Opportunity",
        "refuses": {"StageName": "Closed Won", "Practice__c": None},
        "message": "A won deal needs a practice.",
        "fields": ["Practice__c"],
    }
    await org.set_up(validation_rules=[rule])
    deal = await org.deal()

    refused = await org.send(
        "PATCH", f"/sobjects/Opportunity/{deal}", json={"StageName": "Closed Won"}
    )

    code = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert refusal(refused) == (400, code, ["Practice__c"])
    assert refused.json()[0]["message"] == "A won deal needs a practice."
    await org.update("Opportunity", deal, StageName="Closed Won", Practice__c="ERP")


async def _doubled(org: Org, version: str = "v60.0", **headers: str) -> Any:  # noqa: ANN401 - JSON
    body = {"Name": "ACME", "BillingCity": "Oslo"}
    url = f"/services/data/{version}/sobjects/Account"
    answer = await org.client.post(url, json=body, headers=headers)
    return answer.json()


@pytest.mark.parametrize(
    ("spelling", "version", "key"),
    [
        ("", "v59.0", "duplicateResut"),
        ("", "v60.0", "duplicateResult"),
        ("duplicateResut", "v60.0", "duplicateResut"),
        ("duplicateResult", "v59.0", "duplicateResult"),
    ],
)
async def test_a_duplicate_is_told_under_either_spelling(
    org: Org, spelling: str, version: str, key: str
) -> None:
    await org.set_up(duplicate_rules=[RULE], duplicate_result_key=spelling)
    original = await org.create("Account", Name="Acme", BillingCity="Oslo")

    [error] = await _doubled(org, version)

    assert (error["errorCode"], error["message"]) == ("DUPLICATES_DETECTED", RULE["message"])
    assert error.keys() & {"duplicateResut", "duplicateResult"} == {key}
    [match] = error[key]["matchResults"]
    assert [one["record"]["Id"] for one in match["matchRecords"]] == [original]
    assert (error[key]["allowSave"], match["size"]) == (True, 1)


async def test_a_duplicate_is_saved_by_who_says_so_where_the_rule_allows(org: Org) -> None:
    await org.set_up(duplicate_rules=[RULE])
    await org.create("Account", Name="Acme", BillingCity="Oslo")
    knowing = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}

    saved = await _doubled(org, **knowing)
    await org.set_up(duplicate_rules=[RULE | {"allow_save": False}])
    [refused] = await _doubled(org, **knowing)

    assert saved["success"] is True
    assert refused["errorCode"] == "DUPLICATES_DETECTED"


async def test_a_duplicate_in_a_collection_is_a_failure_of_its_row(org: Org) -> None:
    await org.set_up(duplicate_rules=[RULE])
    record = {"attributes": {"type": "Account"}, "Name": "Acme", "BillingCity": "Oslo"}

    answer = await org.send("POST", "/composite/sobjects", json={"records": [record, record]})

    first, second = answer.json()
    assert (first["success"], second["success"]) == (True, False)
    assert second["errors"] == [
        {"statusCode": "DUPLICATES_DETECTED", "message": RULE["message"], "fields": []}
    ]


async def test_rows_that_lack_what_a_rule_compares_are_no_duplicates(org: Org) -> None:
    await org.set_up(duplicate_rules=[RULE])
    await org.create("Account", Name="Acme")
    gone = await org.create("Account", Name="Acme", BillingCity="Oslo")
    await org.send("DELETE", f"/sobjects/Account/{gone}")

    await org.create("Account", Name="Acme")
    await org.create("Account", Name="Acme", BillingCity="Oslo")


@pytest.mark.parametrize(
    "settings",
    [
        {"duplicate_result_key": "duplicates"},
        {"duplicate_rules": [{"name": "R"}]},
        {"duplicate_rules": [RULE | {"fields": ["Nothing"]}]},
        {"validation_rules": [{"object": "Account"}]},
        {"change_data_capture": ["Nothing"]},
        {"change_channels": {"/data/X__chn": ["Nothing"]}},
    ],
)
async def test_rules_that_could_not_work_are_refused(org: Org, settings: dict[str, object]) -> None:
    refused = await org.client.put("/_admin/settings", json=settings)

    assert refused.status_code == 400
