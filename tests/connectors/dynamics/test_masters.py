import json

import httpx
import pytest

from connectors import errors
from tests.connectors.dynamics.fake_environment import FakeEnvironment, infolog
from tests.connectors.dynamics.house import (
    CUSTOMER_CODES,
    USMF,
    after_token,
    client,
    contract,
    foreign,
    opened,
    project,
)


async def test_a_customer_is_created_under_our_client_id() -> None:
    fake = FakeEnvironment()

    async with opened(fake, country_regions="DE=DEU, US=USA") as erp:
        customer = await erp.create_customer(USMF, client(), CUSTOMER_CODES)

    assert customer == foreign("C-00001")
    assert json.loads(fake.requests[0].content) == {
        "dataAreaId": "usmf",
        "CustomerAccount": "C-00001",
        "OrganizationName": "Nordwind GmbH",
        "PartyType": "Organization",
        "CustomerGroupId": "10",
        "SalesCurrencyCode": "EUR",
        "SalesTaxGroup": "EU-RC",
        "TaxExemptNumber": "DE136695976",
        "PaymentTerms": "Net30",
        "LanguageId": "en-US",
        "AddressStreet": "Weg 1",
        "AddressCity": "Ulm",
        "AddressZipCode": "89073",
        "AddressCountryRegionId": "DEU",
    }


async def test_a_country_without_its_own_code_keeps_the_iso_code() -> None:
    fake = FakeEnvironment()

    async with opened(fake) as erp:
        await erp.create_customer(USMF, client(), CUSTOMER_CODES)

    assert fake.sets["CustomersV3"][0]["AddressCountryRegionId"] == "DE"


async def test_what_is_created_twice_is_there_once_and_costs_one_more_request() -> None:
    fake = FakeEnvironment()

    async with opened(fake) as erp:
        ids = [
            (
                await erp.create_customer(USMF, client(), CUSTOMER_CODES),
                await erp.create_contract(contract(), foreign("C-00001")),
                await erp.create_project(project(), foreign("CT-00001"), "TM"),
            )
            for _ in range(2)
        ]

    assert ids == [(foreign("C-00001"), foreign("CT-00001"), foreign("P-00001"))] * 2
    assert [len(fake.sets[name]) for name in ("CustomersV3", "ProjectContracts")] == [1, 1]
    assert fake.calls[3:] == [
        "POST CustomersV3",
        "GET CustomersV3(dataAreaId='usmf',CustomerAccount='C-00001')",
        "POST $batch",
        "GET ProjectContracts(dataAreaId='usmf',ProjectContractID='CT-00001')",
        "POST ProjectsV2",
        "GET ProjectsV2(dataAreaId='usmf',ProjectId='P-00001')",
    ]


async def test_an_id_of_another_organization_is_refused_and_says_whose_it_is() -> None:
    async with opened(FakeEnvironment()) as erp:
        await erp.create_customer(USMF, client("Acme"), CUSTOMER_CODES)

        with pytest.raises(errors.Rejected) as caught:
            await erp.create_customer(USMF, client(), CUSTOMER_CODES)
    assert caught.value.reason == "C-00001 is of Acme"
    assert "Acme" not in str(caught.value)


async def test_an_id_of_another_contract_is_refused_and_says_whose_it_is() -> None:
    async with opened(FakeEnvironment()) as erp:
        await erp.create_contract(contract("Support"), foreign("C-00001"))

        with pytest.raises(errors.Rejected) as caught:
            await erp.create_contract(contract(), foreign("C-00001"))
    assert caught.value.reason == "CT-00001 is of Support, EUR"


@pytest.mark.parametrize("owner", ["CT-9", "CT-00001"])
async def test_a_code_that_somebody_else_gave_is_refused_and_says_whose_it_is(owner: str) -> None:
    fake = FakeEnvironment()
    theirs = {"ProjectContractId": owner, "IntegrationSourceDataId": ""}
    fake.sets["ProjectsV2"].append({"dataAreaId": "usmf", "ProjectId": "P-00001"} | theirs)

    async with opened(fake) as erp:
        with pytest.raises(errors.Rejected) as caught:
            await erp.create_project(project(), foreign("CT-00001"), "TM")
    assert caught.value.reason == f"P-00001 is of contract '{owner}', source ''"


async def test_our_code_under_another_contract_is_refused() -> None:
    async with opened(FakeEnvironment()) as erp:
        await erp.create_project(project(), foreign("CT-2"), "TM")

        with pytest.raises(errors.Rejected):
            await erp.create_project(project(), foreign("CT-00001"), "TM")


async def test_a_contract_and_who_funds_it_are_created_together() -> None:
    fake = FakeEnvironment()

    async with opened(fake, funding_source="MAIN") as erp:
        assert await erp.create_contract(contract(), foreign("C-1")) == foreign("CT-00001")
        assert await erp.create_contract(contract("Renamed"), foreign("C-1")) == foreign("CT-00001")
        with pytest.raises(errors.Rejected) as caught:
            await erp.create_contract(contract(), foreign("C-2"))

    assert caught.value.reason == "CT-00001 is of C-1"
    assert fake.calls[0] == "POST $batch"
    assert fake.sets["ProjectFundingSources"] == [
        {
            "dataAreaId": "usmf",
            "ProjectContractID": "CT-00001",
            "FundingSourceId": "MAIN",
            "FundingType": "Customer",
            "CustomerOrOrganization": "C-1",
            "IsPrimaryFundingSource": "Yes",
            "CreateDefaultFundingRule": "Yes",
        }
    ]


async def test_a_project_carries_contract_dates_dimensions_and_our_reference() -> None:
    fake = FakeEnvironment()

    async with opened(fake) as erp:
        await erp.create_project(project(), foreign("CT-00001"), "TM")

    assert fake.sets["ProjectsV2"] == [
        {
            "dataAreaId": "usmf",
            "ProjectId": "P-00001",
            "ProjectName": "Rollout",
            "ProjectGroupId": "TM",
            "ProjectContractId": "CT-00001",
            "ScheduleStartDate": "2026-03-01T12:00:00Z",
            "ScheduleEndDate": "2026-06-30T12:00:00Z",
            "DimensionDisplayValue": r"CONS-P\-00001",
            "IntegrationSourceDataId": "P-00001",
        }
    ]


async def test_another_refusal_is_not_looked_into() -> None:
    text = "Warning: The value 'Local' in field 'Customer group' is not found."
    requests: list[str] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        requests.append(request.method)
        return infolog(text)

    async with opened(after_token(refuse)) as erp:
        with pytest.raises(errors.Rejected) as caught:
            await erp.create_customer(USMF, client(), CUSTOMER_CODES)
    assert caught.value.reason == text
    assert requests == ["POST"]


async def test_a_refusal_stands_if_what_exists_is_not_ours_to_see() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return infolog("Cannot create a record in Parties. The record already exists.")
        return httpx.Response(404, json={"error": {}})

    async with opened(after_token(answer)) as erp:
        with pytest.raises(errors.Rejected, match="answered 400"):
            await erp.create_customer(USMF, client(), CUSTOMER_CODES)


async def test_a_number_sequence_that_overrules_our_id_is_refused_and_names_the_stray() -> None:
    created = {"CustomerAccount": "US-000053", "OrganizationName": "Nordwind GmbH"}

    async with opened(after_token(lambda _: httpx.Response(201, json=created))) as erp:
        with pytest.raises(errors.Rejected) as caught:
            await erp.create_customer(USMF, client(), CUSTOMER_CODES)
    assert caught.value.reason == (
        "F&O has it as US-000053 instead of C-00001: remove it there and let keys be given"
        " by hand before this is tried again, or the next try creates another"
    )
    assert "US-000053" not in str(caught.value)


async def test_an_id_that_comes_back_in_capitals_is_still_ours() -> None:
    created = {"CustomerAccount": "C-ABC", "OrganizationName": "Nordwind GmbH"}

    async with opened(after_token(lambda _: httpx.Response(201, json=created))) as erp:
        customer = await erp.create_customer(USMF, client(client_id="C-abc"), CUSTOMER_CODES)
    assert customer == foreign("C-ABC")
