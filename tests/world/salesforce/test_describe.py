"""What an org tells of its objects, and what its user's profile withholds."""

from typing import Any

import pytest

from tests.world.salesforce.house import Org


async def _described(org: Org, sobject: str) -> dict[str, Any]:
    answer = await org.send("GET", f"/sobjects/{sobject}/describe")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_an_object_tells_its_fields_with_their_types(org: Org) -> None:
    told = await _described(org, "Account")

    fields = {field["name"]: field for field in told["fields"]}
    key = fields["Tiebeam_Client__c"]
    assert (key["type"], key["externalId"], key["unique"]) == ("string", True, True)
    assert (fields["Id"]["updateable"], fields["Name"]["nillable"]) == (False, False)
    assert [each["value"] for each in fields["Tax_Status__c"]["picklistValues"]] == [
        "Business",
        "Consumer",
        "Exempt",
    ]
    assert (told["createable"], told["custom"]) == (True, False)


async def test_an_object_tells_which_children_lead_to_it(org: Org) -> None:
    told = await _described(org, "Opportunity")

    children = {
        child["relationshipName"]: child["childSObject"] for child in told["childRelationships"]
    }
    assert children["Billing_Schedule_Lines__r"] == "Billing_Schedule_Line__c"


async def test_the_currencies_are_those_that_are_active(org: Org) -> None:
    await org.set_up(currencies=["USD", "CHF"])

    fields = {field["name"]: field for field in (await _described(org, "Account"))["fields"]}

    assert [each["value"] for each in fields["CurrencyIsoCode"]["picklistValues"]] == ["USD", "CHF"]


async def test_an_object_that_is_not_there_is_a_404(org: Org) -> None:
    assert (await org.send("GET", "/sobjects/Nothing__c/describe")).status_code == 404


async def test_a_hidden_field_is_as_if_it_were_not_there(org: Org) -> None:
    account = await org.create("Account", Name="Acme", Tax_Id__c="DE1")
    await org.set_up(hidden_fields=["Account.Tax_Id__c"])

    told = {field["name"] for field in (await _described(org, "Account"))["fields"]}
    asked = await org.send("GET", "/query", params={"q": "SELECT Tax_Id__c FROM Account"})
    path = f"/sobjects/Account/{account}"
    written = await org.send("PATCH", path, json={"Tax_Id__c": "DE2"})

    assert "Tax_Id__c" not in told
    assert (asked.status_code, asked.json()[0]["errorCode"]) == (400, "INVALID_FIELD")
    assert (written.status_code, written.json()[0]["errorCode"]) == (400, "INVALID_FIELD")


async def test_a_hidden_field_of_a_parent_or_child_is_hidden_in_queries_too(org: Org) -> None:
    await org.set_up(hidden_fields=["Account.Phone", "OpportunityLineItem.UnitPrice"])

    for asked in (
        "SELECT Account.Phone FROM Opportunity",
        "SELECT Id, (SELECT UnitPrice FROM OpportunityLineItems) FROM Opportunity",
    ):
        answer = await org.send("GET", "/query", params={"q": asked})
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_FIELD")


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
async def test_an_object_that_is_read_only_is_not_written(org: Org, method: str) -> None:
    account = await org.create("Account", Name="Acme")
    await org.set_up(read_only_objects=["Account"])
    path = "/sobjects/Account" + ("" if method == "POST" else f"/{account}")

    refused = await org.send(method, path, json={"Name": "Other"})

    assert (await _described(org, "Account"))["updateable"] is False
    code = refused.json()[0]["errorCode"]
    assert (refused.status_code, code) == (403, "INSUFFICIENT_ACCESS_OR_READONLY")
    assert (await org.row("Account", account))["Name"] == "Acme"
