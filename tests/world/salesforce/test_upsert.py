import pytest

from tests.world.salesforce.house import Org, refusal

_ACCOUNT = "/sobjects/Account"


async def test_creates_once_and_changes_ever_after(org: Org) -> None:
    path = "/sobjects/Invoice__c/Tiebeam_Key__c/inv-1"

    created = await org.send("PATCH", path, json={"Net__c": 100})
    changed = await org.send("PATCH", path, json={"Net__c": 200})

    key = created.json()["id"]
    assert created.status_code == 201
    assert created.json() == {"id": key, "success": True, "errors": [], "created": True}
    assert changed.status_code == 200
    assert changed.json() == {"id": key, "success": True, "errors": [], "created": False}
    (row,) = await org.query("SELECT Name, Tiebeam_Key__c, Net__c FROM Invoice__c")
    assert (row["Name"], row["Tiebeam_Key__c"], row["Net__c"]) == (key, "inv-1", 200)


@pytest.mark.parametrize(
    "value",
    ["a%2Fb", "test%40example.com", "inv%3A1%3F2%23", "O'Brien", "%25", "M%C3%BCller", "1.5"],
)
async def test_takes_any_value_that_is_url_encoded(org: Org, value: str) -> None:
    path = f"/sobjects/Invoice__c/Tiebeam_Key__c/{value}"

    statuses = [(await org.send("PATCH", path, json={})).status_code for _ in range(2)]
    found = await org.send("GET", path)

    assert statuses == [201, 200]
    assert found.status_code == 200


async def test_an_external_id_is_the_same_in_any_case(org: Org) -> None:
    await org.send("PATCH", "/sobjects/Invoice__c/tiebeam_key__c/Inv-A", json={})

    again = await org.send("PATCH", "/sobjects/Invoice__c/Tiebeam_Key__c/INV-a", json={})

    assert again.status_code == 200
    twin = await org.send("POST", "/sobjects/Invoice__c", json={"Tiebeam_Key__c": "inv-A"})
    assert refusal(twin) == (400, "DUPLICATE_VALUE", [])


async def test_a_unique_value_is_free_again_after_a_deletion(org: Org) -> None:
    key = await org.create("Account", Name="A", Tiebeam_Client__c="c-1")
    refused = await org.send(
        "PATCH",
        f"{_ACCOUNT}/{await org.create('Account', Name='B')}",
        json={"Tiebeam_Client__c": "c-1"},
    )
    await org.send("DELETE", f"{_ACCOUNT}/{key}")

    created = await org.send("PATCH", f"{_ACCOUNT}/Tiebeam_Client__c/c-1", json={"Name": "C"})

    assert refusal(refused) == (400, "DUPLICATE_VALUE", [])
    assert key[:15] in refused.json()[0]["message"]
    assert created.status_code == 201
    assert created.json()["id"] != key


async def test_keeps_its_own_unique_value_on_a_change(org: Org) -> None:
    key = await org.create("Account", Name="A", Tiebeam_Client__c="c-1")

    await org.update("Account", key, Tiebeam_Client__c="c-1", Name="B")

    assert (await org.row("Account", key))["Name"] == "B"


async def test_several_matches_are_left_to_the_caller(org: Org) -> None:
    keys = [await org.create("Account", Name=name, Erp_Customer__c="C1") for name in "AB"]
    path = f"{_ACCOUNT}/Erp_Customer__c/c1"
    urls = [f"/services/data/v60.0{_ACCOUNT}/{key}" for key in keys]

    for method in ("PATCH", "GET"):
        several = await org.send(method, path, json={"Name": "C"})
        assert (several.status_code, several.json()) == (300, urls)
    await org.set_up(choices_are_urls=False)
    records = (await org.send("PATCH", path, json={"Name": "C"})).json()

    assert [record["Id"] for record in records] == keys
    assert await org.names("SELECT Name FROM Account") == ["A", "B"]


@pytest.mark.parametrize("field", ["Phone", "Nothing__c", "Id"])
async def test_a_field_that_is_no_external_id_is_not_found(org: Org, field: str) -> None:
    path = f"{_ACCOUNT}/{field}/1"

    array = await org.send("PATCH", path, json={"Name": "A"})
    await org.set_up(upsert_not_found_is_bare=True)
    bare = await org.send("PATCH", path, json={"Name": "A"})

    assert refusal(array) == (404, "NOT_FOUND", None)
    assert bare.status_code == 404
    assert bare.json() == array.json()[0]


@pytest.mark.parametrize("name", ["Id", "id", "Tiebeam_Client__c"])
async def test_the_body_may_not_repeat_what_identifies_the_row(org: Org, name: str) -> None:
    path = f"{_ACCOUNT}/Tiebeam_Client__c/c-1"

    refused = await org.send("PATCH", path, json={"Name": "A", name: "c-1"})

    assert refusal(refused) == (400, "INVALID_FIELD", None)
    assert (await org.send("GET", path)).status_code == 404


async def test_update_only_never_creates(org: Org) -> None:
    path = f"{_ACCOUNT}/Tiebeam_Client__c/c-1"

    missed = await org.send("PATCH", path + "?updateOnly=true", json={"Name": "A"})
    await org.send("PATCH", path, json={"Name": "A"})
    hit = await org.send("PATCH", path + "?updateOnly=true", json={"Name": "B"})

    assert refusal(missed)[:2] == (404, "NOT_FOUND")
    assert hit.status_code == 200


async def test_a_refused_creation_leaves_the_value_free(org: Org) -> None:
    path = f"{_ACCOUNT}/Tiebeam_Client__c/c-1"

    refused = await org.send("PATCH", path, json={"Phone": "1"})

    assert refusal(refused) == (400, "REQUIRED_FIELD_MISSING", ["Name"])
    assert (await org.send("PATCH", path, json={"Name": "A"})).status_code == 201
