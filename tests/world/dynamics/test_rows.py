import base64
import json
import re

import pytest
from defusedxml.ElementTree import fromstring

from tests.world.dynamics.firm import Firm, Row, infolog

_CUSTOMER: Row = {
    "dataAreaId": "usmf",
    "OrganizationName": "Nordwind GmbH",
    "CustomerGroupId": "10",
    "SalesCurrencyCode": "EUR",
}
_ONE = "CustomersV3(dataAreaId='usmf',CustomerAccount='US-001')"


async def test_a_created_row_comes_back_with_what_was_not_set(firm: Firm) -> None:
    answer = await firm.post("CustomersV3", **_CUSTOMER)

    row = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Content-Type"].startswith("application/json; odata.metadata=minimal")
    assert row["@odata.context"] == "http://erp.test/data/$metadata#CustomersV3/$entity"
    assert (row["CreditLimit"], row["OnHoldStatus"], row["InvoiceAccount"]) == (0, "No", "")
    assert re.fullmatch(r"USMF-\d{6}", row["CustomerAccount"])
    assert re.fullmatch(r"\d{9}", row["PartyNumber"])


async def test_dates_are_timestamps_at_noon_and_unset_ones_are_of_1900(firm: Firm) -> None:
    row = await firm.create(
        "ProjectsV2",
        dataAreaId="usmf",
        ProjectId="P2",
        ProjectName="Audit",
        ProjectGroupId="TM",
        ScheduleStartDate="2026-04-01T22:30:00-05:00",
    )
    worker = await firm.create("Workers", PersonnelNumber="7")

    assert row["ScheduleStartDate"] == "2026-04-02T12:00:00Z"
    assert row["ScheduleEndDate"] == "1900-01-01T12:00:00Z"
    assert worker["OriginalHireDateTime"] == "1900-01-01T00:00:00Z"


async def test_a_row_is_read_by_its_whole_key(firm: Firm) -> None:
    answer = await firm.get(_ONE)

    assert answer.status_code == 200
    assert answer.json()["OrganizationName"] == "Contoso"


async def test_quotes_in_keys_are_doubled(firm: Firm) -> None:
    await firm.create("CustomersV3", **_CUSTOMER, CustomerAccount="O'Neil (1),2")

    answer = await firm.get("CustomersV3(CustomerAccount='O''Neil (1),2',dataAreaId='usmf')")

    assert answer.json()["CustomerAccount"] == "O'Neil (1),2"


@pytest.mark.parametrize(
    "path",
    [
        "CustomersV3('US-001')",
        "CustomersV3(CustomerAccount='US-001')",
        "CustomersV3(dataAreaId='usmf',dataAreaId='usmf')",
        "CustomersV3(dataAreaId='usmf',Name='US-001')",
        "CustomersV3(dataAreaId='usmf',CustomerAccount=7)",
    ],
)
async def test_a_key_that_is_not_whole_is_refused(firm: Firm, path: str) -> None:
    assert (await firm.get(path)).status_code == 400


async def test_a_missing_row_is_not_found_when_read(firm: Firm) -> None:
    answer = await firm.get("CustomersV3(dataAreaId='usmf',CustomerAccount='US-404')")

    assert answer.status_code == 404


async def test_a_missing_row_is_a_bad_request_when_changed_or_deleted(firm: Firm) -> None:
    path = "CustomersV3(dataAreaId='usmf',CustomerAccount='US-404')"

    answers = [await firm.patch(path, LanguageId="de"), await firm.delete(path)]

    assert [answer.status_code for answer in answers] == [400, 400]
    expected = "No resources were found when selecting for update."
    assert {infolog(answer) for answer in answers} == {expected}


async def test_a_second_row_with_the_key_is_a_bad_request(firm: Firm) -> None:
    answer = await firm.post("CustomersV3", **_CUSTOMER, CustomerAccount="US-001")

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == ""
    assert "Cannot create a record in Customers (CustCustomerV3Entity)." in infolog(answer)
    assert "The record already exists." in infolog(answer)


async def test_a_change_keeps_the_rest_of_the_row(firm: Firm) -> None:
    answer = await firm.patch(_ONE, LanguageId="de", CreditLimit=5)

    row = (await firm.get(_ONE)).json()
    assert (answer.status_code, answer.content) == (204, b"")
    assert (row["LanguageId"], row["CreditLimit"]) == ("de", 5)
    assert row["OrganizationName"] == "Contoso"


async def test_a_put_changes_what_it_names_too(firm: Firm) -> None:
    answer = await firm.http.put(f"/data/{_ONE}", json={"LanguageId": "de"})

    row = (await firm.get(_ONE)).json()
    assert answer.status_code == 204
    assert (row["LanguageId"], row["OrganizationName"]) == ("de", "Contoso")


async def test_a_deleted_row_is_gone(firm: Firm) -> None:
    answer = await firm.delete(_ONE)

    assert answer.status_code == 204
    assert (await firm.get(_ONE)).status_code == 404


async def test_key_fields_cannot_be_changed(firm: Firm) -> None:
    same = await firm.patch(_ONE, CustomerAccount="US-001", LanguageId="de")
    other = await firm.patch(_ONE, CustomerAccount="US-002")

    assert (same.status_code, other.status_code) == (204, 400)
    assert "is a key field and cannot be changed" in infolog(other)


async def test_only_the_default_company_is_seen_without_cross_company(firm: Firm) -> None:
    path = "CustomersV3(dataAreaId='demf',CustomerAccount='US-001')"

    alone = await firm.http.get("/data/CustomersV3")
    read = await firm.http.get(f"/data/{path}")
    changed = await firm.http.patch(f"/data/{path}", json={"LanguageId": "de"})

    assert {row["dataAreaId"] for row in alone.json()["value"]} == {"usmf"}
    assert {row["dataAreaId"] for row in await firm.rows("CustomersV3")} == {"usmf", "demf"}
    assert (read.status_code, changed.status_code) == (404, 400)
    assert infolog(changed) == "No resources were found when selecting for update."


async def test_a_row_without_a_company_is_of_the_default_company(firm: Firm) -> None:
    await firm.settings(default_company="demf")

    row = await firm.create("PaymentTerms", Name="Net10")

    assert row["dataAreaId"] == "demf"


async def test_company_ids_are_kept_in_lower_case(firm: Firm) -> None:
    row = await firm.create("PaymentTerms", dataAreaId="USMF", Name="Net10")

    found = await firm.get("PaymentTerms(dataAreaId='USMF',Name='Net10')")
    assert row["dataAreaId"] == found.json()["dataAreaId"] == "usmf"


async def test_an_etag_holds_version_and_record_id(firm: Firm) -> None:
    row = await firm.create("CustomersV3", **_CUSTOMER)
    path = f"CustomersV3(dataAreaId='usmf',CustomerAccount='{row['CustomerAccount']}')"
    await firm.patch(path, LanguageId="de")

    first = _decoded(row["@odata.etag"])
    second = _decoded((await firm.get(path)).json()["@odata.etag"])

    assert first[0] == 1
    assert first[1] >= 5637144576
    assert second[0] > 1
    assert second[1] == first[1]


def _decoded(tag: str) -> tuple[int, int]:
    weak = re.fullmatch(r'W/"(.+)"', tag)
    assert weak
    pair = re.fullmatch(r"'(\d+),(\d+)'", base64.b64decode(weak[1]).decode())
    assert pair
    return int(pair[1]), int(pair[2])


@pytest.mark.parametrize(("status", "expected"), [(412, 412), (409, 409), (0, 204)])
async def test_a_stale_etag_is_refused_by_switch(firm: Firm, status: int, expected: int) -> None:
    await firm.settings(stale_if_match_status=status)
    tag = (await firm.get(_ONE)).json()["@odata.etag"]
    await firm.patch(_ONE, LanguageId="fr")

    stale = await firm.http.patch(
        f"/data/{_ONE}", json={"LanguageId": "de"}, headers={"If-Match": tag}
    )

    assert stale.status_code == expected
    language = (await firm.get(_ONE)).json()["LanguageId"]
    assert language == ("de" if expected == 204 else "fr")


async def test_a_fresh_etag_and_a_star_match(firm: Firm) -> None:
    tag = (await firm.get(_ONE)).json()["@odata.etag"]

    fresh = await firm.http.patch(
        f"/data/{_ONE}", json={"LanguageId": "de"}, headers={"If-Match": tag}
    )
    star = await firm.http.delete(f"/data/{_ONE}", headers={"If-Match": "*"})

    assert (fresh.status_code, star.status_code) == (204, 204)


async def test_an_unknown_set_has_no_route(firm: Firm) -> None:
    for path in ("Customers", "ProjectInvoiceProposals", "CustomersV3/Lines", "CustomersV3(", "x'"):
        answer = await firm.get(path)

        assert answer.status_code == 404
        assert answer.json()["Message"].startswith("No HTTP resource was found that matches the")
        assert "error" not in answer.json()


async def test_a_method_that_the_resource_does_not_know_is_refused(firm: Firm) -> None:
    assert (await firm.http.delete("/data/CustomersV3")).status_code == 405
    assert (await firm.http.post(f"/data/{_ONE}", json={})).status_code == 405
    assert (await firm.http.delete("/data/$metadata")).status_code == 405


async def test_views_and_ledgers_can_only_be_read(firm: Firm) -> None:
    for entity in (
        "CustTransactions",
        "ProjectPostTransViews",
        "GeneralJournalEntryBiEntities",
        "GeneralJournalAccountEntryBiEntities",
    ):
        assert (await firm.post(entity)).status_code == 403


async def test_what_is_posted_cannot_be_changed_or_deleted_in_a_view(firm: Firm) -> None:
    await firm.post_hours(await firm.journal({}))
    (row,) = await firm.rows("ProjectPostTransViews")
    path = f"ProjectPostTransViews(dataAreaId='usmf',TransactionId='{row['TransactionId']}')"

    answers = [await firm.patch(path, Quantity=9), await firm.delete(path)]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert await firm.rows("ProjectPostTransViews") == [row]


async def test_accepted_writes_are_in_the_log_and_refused_ones_are_not(firm: Firm) -> None:
    before = len(await firm.log("POST CustomersV3"))

    created = await firm.post("CustomersV3", **_CUSTOMER, CustomerAccount="N-1", CreditLimit=5)
    await firm.post("CustomersV3", **_CUSTOMER, CustomerAccount="N-1")
    path = "CustomersV3(dataAreaId='usmf',CustomerAccount='N-1')"
    await firm.patch(path, LanguageId="de")
    await firm.delete(path)

    entries = (await firm.log("POST CustomersV3"))[before:]
    assert [entry["key"]["CustomerAccount"] for entry in entries] == ["N-1"]
    assert entries[0]["given"]["CreditLimit"] == "5"
    assert entries[0]["activity"] == created.headers["ms-dyn-aid"]
    assert [entry["given"] for entry in await firm.log("PATCH CustomersV3")] == [
        {"LanguageId": "de"}
    ]
    assert len(await firm.log("DELETE CustomersV3")) == 1


async def test_a_body_that_is_no_object_is_refused(firm: Firm) -> None:
    huge = '{"NumberOfDays":1E+99999999999999999999}'
    for body in ("", "{", "[]", '{"Name":NaN}', '"x"', b"\xff", huge, "[" * 100_000):
        answer = await firm.http.post("/data/PaymentTerms", content=body)

        assert answer.status_code == 400, body
        assert "request body" in infolog(answer)


async def test_metadata_names_sets_keys_and_enumerations(firm: Firm) -> None:
    text = (await firm.get("$metadata")).text
    sets = json.loads((await firm.get("")).text)["value"]

    assert '<PropertyRef Name="ParentRecId"/>' in text
    assert '<Property Name="LineNumber" Type="Edm.Decimal" Nullable="false">' in text
    assert 'Type="Microsoft.Dynamics.DataEntities.CustVendorBlocked"' in text
    assert {"name": "JournalTrans", "kind": "EntitySet", "url": "JournalTrans"} in sets


@pytest.mark.parametrize(
    ("entity", "name", "told"),
    [
        (
            "CustomerV3",
            "CustomerAccount",
            {"AXType": "String", "IsRequired": "true", "AllowEdit": "false"},
        ),
        ("CustomerV3", "OrganizationName", {"AXType": "String", "IsRequired": "true"}),
        ("CustomerV3", "OnHoldStatus", {"AXType": "Enum"}),
        (
            "FreeTextInvoiceHeader",
            "DueDate",
            {"AXType": "Date", "AllowEdit": "false", "AllowEditOnCreate": "false"},
        ),
    ],
)
async def test_metadata_says_what_may_be_set(
    firm: Firm, entity: str, name: str, told: dict[str, str]
) -> None:
    document = fromstring((await firm.get("$metadata")).text)
    edm = "{http://docs.oasis-open.org/odata/ns/edm}"
    path = f".//{edm}EntityType[@Name='{entity}']/{edm}Property[@Name='{name}']/{edm}Annotation"

    found = {
        each.attrib["Term"].rpartition(".")[2]: each.get("Bool")
        or str(each[0].text).rpartition("/")[2]
        for each in document.iterfind(path)
    }

    assert found == told
