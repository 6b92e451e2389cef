"""Customers that were there before us are found by number and by VAT id, in one company."""

import pytest

from canonical.clients import CountryCode, Customer
from tests.connectors.dynamics.fake_environment import FakeEnvironment
from tests.connectors.dynamics.house import USMF, foreign, opened

GERMANY = CountryCode("DE")
VAT = "DE136695976"


def _environment(*rows: dict[str, str]) -> FakeEnvironment:
    fake = FakeEnvironment()
    plain = {
        "dataAreaId": "usmf",
        "CustomerAccount": "K-100",
        "OrganizationName": "Nordwind GmbH",
        "TaxExemptNumber": VAT,
        "AddressCountryRegionId": "DEU",
    }
    fake.sets["CustomersV3"] += [plain | row for row in rows]
    return fake


def _nordwind(number: str = "K-100", *tax_ids: str) -> Customer:
    return Customer(
        id=foreign(number), name="Nordwind GmbH", country=GERMANY, tax_ids=tax_ids or (VAT,)
    )


async def test_a_customer_is_read_by_its_number_in_one_request() -> None:
    fake = _environment({}, {"CustomerAccount": "K-200"}, {"dataAreaId": "demf"})

    async with opened(fake, country_regions="DE=DEU") as erp:
        assert await erp.customer(USMF, "K-100") == _nordwind()

    assert fake.calls == ["GET CustomersV3"]


@pytest.mark.parametrize("number", ["K-300", "K-*", "*"])
async def test_a_number_that_no_customer_has_finds_nobody(number: str) -> None:
    async with opened(_environment({}), country_regions="DE=DEU") as erp:
        assert await erp.customer(USMF, number) is None


@pytest.mark.parametrize("typed", [VAT, "de 136 695 976", "DE-136.695.976", "136695976"])
async def test_a_vat_id_is_found_however_it_was_typed(typed: str) -> None:
    fake = _environment({"TaxExemptNumber": typed})

    async with opened(fake, country_regions="DE=DEU") as erp:
        assert await erp.customers_by_tax_id(USMF, VAT, GERMANY) == (_nordwind("K-100", typed),)
        assert await erp.customers_by_tax_id(USMF, "136 695 976", GERMANY) != ()


async def test_every_customer_with_the_vat_id_is_found_in_that_company_only() -> None:
    fake = _environment({}, {"CustomerAccount": "K-200"}, {"dataAreaId": "demf"})

    async with opened(fake, country_regions="DE=DEU") as erp:
        found = await erp.customers_by_tax_id(USMF, VAT, GERMANY)

    assert [each.id.value for each in found] == ["K-100", "K-200"]


@pytest.mark.parametrize(
    "other",
    [
        {"TaxExemptNumber": "AT136695976"},
        {"TaxExemptNumber": "136695976", "AddressCountryRegionId": "AUT"},
        {"TaxExemptNumber": "DE1366959760"},
        {"TaxExemptNumber": ""},
    ],
)
async def test_what_only_resembles_the_vat_id_is_not_it(other: dict[str, str]) -> None:
    async with opened(_environment(other), country_regions="DE=DEU AT=AUT") as erp:
        assert await erp.customers_by_tax_id(USMF, VAT, GERMANY) == ()


async def test_a_country_that_is_no_iso_code_and_not_told_is_not_guessed() -> None:
    async with opened(_environment({})) as erp:
        found = await erp.customer(USMF, "K-100")

    assert found is not None
    assert found.country is None


async def test_a_tax_id_without_a_character_asks_nobody() -> None:
    fake = _environment({})

    async with opened(fake) as erp:
        assert await erp.customers_by_tax_id(USMF, " - ", GERMANY) == ()

    assert fake.calls == []
