from decimal import Decimal

import pytest

from tests.world.dynamics.firm import Firm, Row, infolog

_CUSTOMER: Row = {
    "dataAreaId": "usmf",
    "CustomerAccount": "N-1",
    "OrganizationName": "Nordwind GmbH",
    "CustomerGroupId": "10",
    "SalesCurrencyCode": "EUR",
}


async def test_a_value_that_is_not_in_the_related_table_is_refused(firm: Firm) -> None:
    answer = await firm.post("CustomersV3", **_CUSTOMER | {"CustomerGroupId": "Local"})

    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "An error has occurred."
    assert infolog(answer) == (
        "Write failed for table row of type 'CustCustomerV3Entity'. Infolog: Warning: The value"
        " 'Local' in field 'Customer group' is not found in the related table 'Customer groups';"
        " Warning: validateField failed on field 'CustCustomerV3Entity.CustomerGroupId'."
    )
    assert await firm.rows("CustomersV3", "CustomerAccount eq 'N-1'") == []


async def test_a_reference_is_looked_up_in_the_row_s_own_company(firm: Firm) -> None:
    await firm.create("CustomerGroups", dataAreaId="demf", CustomerGroupId="EU")

    answer = await firm.post("CustomersV3", **_CUSTOMER | {"CustomerGroupId": "EU"})

    assert "The value 'EU' in field 'Customer group' is not found" in infolog(answer)


async def test_a_company_that_does_not_exist_is_refused(firm: Firm) -> None:
    answer = await firm.post("PaymentTerms", dataAreaId="frmf", Name="Net10")

    assert "The value 'frmf' in field 'Data area'" in infolog(answer)


async def test_all_that_is_missing_is_named_at_once(firm: Firm) -> None:
    answer = await firm.post("CustomersV3", dataAreaId="usmf", OrganizationName="")

    text = infolog(answer)
    assert "Field 'Organization name' must be filled in" in text
    assert "Field 'Customer group' must be filled in" in text
    assert "Field 'Sales currency' must be filled in" in text


async def test_a_mandatory_field_cannot_be_emptied(firm: Firm) -> None:
    path = "CustomersV3(dataAreaId='usmf',CustomerAccount='US-001')"

    answer = await firm.patch(path, OrganizationName=None)

    assert "Field 'Organization name' must be filled in" in infolog(answer)


async def test_a_change_checks_the_references_that_it_names(firm: Firm) -> None:
    path = "CustomersV3(dataAreaId='usmf',CustomerAccount='US-001')"

    answer = await firm.patch(path, PaymentTerms="Net99")

    assert "The value 'Net99' in field 'Payment terms'" in infolog(answer)


async def test_an_unknown_property_is_refused(firm: Firm) -> None:
    answer = await firm.post("CustomersV3", **_CUSTOMER, PaymentTermsName="Net30")

    assert answer.status_code == 400
    assert infolog(answer).startswith(
        "The property 'PaymentTermsName' does not exist on type"
        " 'Microsoft.Dynamics.DataEntities.CustomerV3'."
    )


async def test_the_type_annotation_is_optional_and_must_fit(firm: Firm) -> None:
    fits = {"@odata.type": "#Microsoft.Dynamics.DataEntities.CustomerV3"}
    other = {"@odata.type": "#Microsoft.Dynamics.DataEntities.CustomerGroup"}

    assert (await firm.post("CustomersV3", **_CUSTOMER, **other)).status_code == 400
    assert (await firm.post("CustomersV3", **_CUSTOMER, **fits)).status_code == 201


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("OrganizationName", 7, "Edm.String"),
        ("OrganizationName", "\ud800", "Edm.String"),
        ("CreditLimit", "5", "Edm.Decimal"),
        ("CreditLimit", True, "Edm.Decimal"),
        ("CreditLimit", Decimal("1E+16"), "Edm.Decimal"),
        ("CreditLimit", Decimal("1E+999999"), "Edm.Decimal"),
        ("CreditLimit", Decimal("0.12345678901234567"), "Edm.Decimal"),
        ("OnHoldStatus", "Maybe", "Microsoft.Dynamics.DataEntities.CustVendorBlocked"),
        ("OnHoldStatus", ["All"], "Microsoft.Dynamics.DataEntities.CustVendorBlocked"),
    ],
)
async def test_a_value_of_another_type_is_refused(
    firm: Firm, field: str, value: object, expected: str
) -> None:
    answer = await firm.post("CustomersV3", **_CUSTOMER | {field: value})

    assert answer.status_code == 400
    assert infolog(answer).endswith(f"to the expected type '{expected}'.")


@pytest.mark.parametrize("value", ["7", True, Decimal("1.5"), 2**31, [7]])
async def test_a_number_that_is_not_whole_is_refused(firm: Firm, value: object) -> None:
    answer = await firm.post("PaymentTerms", dataAreaId="usmf", Name="T", NumberOfDays=value)

    assert answer.status_code == 400
    assert "Edm.Int32" in infolog(answer)


@pytest.mark.parametrize(
    "value",
    ["2026-02-30T12:00:00Z", "2026-03-01T12:00:00", "March", "1899-12-31T12:00:00Z", 20260301],
)
async def test_a_date_that_is_none_is_refused(firm: Firm, value: object) -> None:
    answer = await firm.post(
        "ProjectContracts", dataAreaId="usmf", ProjectContractID="C1", ContractDate=value
    )

    assert answer.status_code == 400
    assert "Edm.DateTimeOffset" in infolog(answer)


@pytest.mark.parametrize(("accepted", "status"), [(True, 201), (False, 400)])
async def test_plain_dates_are_accepted_by_switch(
    firm: Firm, *, accepted: bool, status: int
) -> None:
    await firm.settings(plain_dates_accepted=accepted)

    answer = await firm.post(
        "ProjectContracts", dataAreaId="usmf", ProjectContractID="C1", ContractDate="2026-03-01"
    )

    assert answer.status_code == status


async def test_fields_of_the_server_are_refused_or_ignored_by_switch(firm: Firm) -> None:
    await firm.settings(read_only_fields_refused=True)
    refused = await firm.post("CustomersV3", **_CUSTOMER, PartyNumber="1")
    await firm.settings(read_only_fields_refused=False)

    ignored = await firm.create("CustomersV3", **_CUSTOMER, PartyNumber="1")

    assert "Field 'PartyNumber' does not allow edits" in infolog(refused)
    assert ignored["PartyNumber"] != "1"


async def test_customer_accounts_are_assigned_or_required_by_switch(firm: Firm) -> None:
    unnumbered = {name: value for name, value in _CUSTOMER.items() if name != "CustomerAccount"}
    await firm.settings(customer_numbers_assigned=False)

    refused = await firm.post("CustomersV3", **unnumbered)

    await firm.settings(customer_numbers_assigned=True)
    assert "Field 'Customer account' must be filled in" in infolog(refused)
    accounts = [
        (await firm.create("CustomersV3", **unnumbered))["CustomerAccount"] for _ in range(2)
    ]
    assert accounts == ["USMF-000001", "USMF-000002"]


async def test_a_tax_exempt_number_is_registered_first_by_switch(firm: Firm) -> None:
    customer = _CUSTOMER | {"TaxExemptNumber": "DE136695976"}
    number = {"VATNum": "DE136695976", "CountryRegionId": "DEU"}
    await firm.create("VATNumTables", dataAreaId="demf", **number)

    refused = await firm.post("CustomersV3", **customer)
    await firm.settings(tax_exempt_numbers_registered=False)
    unchecked = await firm.post("CustomersV3", **customer)
    await firm.settings(tax_exempt_numbers_registered=True)
    await firm.create("VATNumTables", dataAreaId="usmf", **number)
    checked = await firm.post("CustomersV3", **customer | {"CustomerAccount": "N-2"})

    assert "is not found in the related table 'Tax exempt numbers'" in infolog(refused)
    assert (unchecked.status_code, checked.status_code) == (201, 201)


async def test_a_currency_is_of_iso_4217(firm: Firm) -> None:
    assert (await firm.post("Currencies", CurrencyCode="JPY")).status_code == 201
    assert (await firm.post("Currencies", CurrencyCode="HRK")).status_code == 400


async def test_terms_of_payment_stay_within_reason(firm: Firm) -> None:
    answer = await firm.post("PaymentTerms", dataAreaId="usmf", Name="X", NumberOfDays=99999)

    assert "out of range" in infolog(answer)


async def test_a_contract_is_funded_by_a_customer_that_exists(firm: Firm) -> None:
    await firm.create("ProjectContracts", dataAreaId="usmf", ProjectContractID="C1")
    source = {"dataAreaId": "usmf", "ProjectContractID": "C1", "FundingSourceId": "CUST"}

    refused = await firm.post("ProjectFundingSources", **source, CustomerOrOrganization="US-9")
    funded = await firm.post("ProjectFundingSources", **source, CustomerOrOrganization="US-001")

    assert "Customer 'US-9' does not exist" in infolog(refused)
    assert funded.status_code == 201


@pytest.mark.parametrize(
    "settings",
    [
        {"page_size": 0},
        {"page_size": "many"},
        {"tax_rounding": "never"},
        {"throttle_requests": -1},
        {"posting_service": "/data"},
        {"no_such_setting": 1},
    ],
)
async def test_settings_that_cannot_be_used_are_refused(firm: Firm, settings: Row) -> None:
    answer = await firm.http.put("/_admin/settings", json=settings)

    assert answer.status_code == 400
    assert (await firm.http.get("/_admin/settings")).json()["page_size"] == 10_000


@pytest.mark.parametrize(
    "changes",
    [
        {"accountingCurrency": "XAU"},
        {"accounts": {"receivable": "130100"}},
        {"open_periods": [["2026-12-31", "2026-01-01"]]},
        {"open_periods": [["January", "2027-01-01"]]},
        {"tax_percentages": {"VAT": "-1"}},
        {"chart": "Shared"},
    ],
)
async def test_a_company_that_cannot_be_used_is_refused(firm: Firm, changes: Row) -> None:
    answer = await firm.company("demf", **changes)

    assert answer.status_code == 400
    assert answer.json()["error"]


async def test_a_company_that_is_set_up_is_in_the_log(firm: Firm) -> None:
    await firm.company("DEMF", open_periods=[])

    entry = (await firm.log("company.set"))[-1]
    assert (entry["dataAreaId"], entry["open_periods"]) == ("demf", [])
