"""Parties that were there before us are found by code and by tax id."""

from canonical.clients import CountryCode, Customer
from connectors.tryton import Tryton
from tests.connectors.tryton.firm import Firm
from tests.connectors.tryton.house import DEMF, foreign, next_number

GERMANY = CountryCode("DE")


def _party(firm: Firm, code: str, *identifiers: tuple[str | None, str]) -> Customer:
    country = firm.id_of("country.country", "code", "DE")
    rows = [{"type": kind, "code": number} for kind, number in identifiers]
    firm.create(
        "party.party",
        name="Altkunde GmbH",
        code=code,
        addresses=[["create", [{"city": "Ulm", "country": country}]]],
        identifiers=[["create", rows]],
    )
    return Customer(
        id=foreign(code),
        name="Altkunde GmbH",
        country=GERMANY,
        tax_ids=tuple(number for _, number in identifiers),
    )


async def test_a_party_is_read_by_its_code(erp: Tryton, firm: Firm) -> None:
    there = _party(firm, f"K-{next_number()}", ("eu_vat", "DE129273398"))

    assert await erp.customer(DEMF, there.id.value) == there
    assert await erp.customer(DEMF, there.id.value.lower()) is None
    assert await erp.customer(DEMF, "K-%") is None


async def test_a_party_is_found_by_its_tax_id_however_it_was_typed(erp: Tryton, firm: Firm) -> None:
    checked = _party(firm, f"K-{next_number()}", ("eu_vat", "DE811569869"))
    loose = _party(firm, f"K-{next_number()}", (None, "811 569 869"))
    _party(firm, f"K-{next_number()}", (None, "AT 811569869"))

    found = await erp.customers_by_tax_id(DEMF, "de 811-569-869", GERMANY)

    assert found == (checked, loose)
    assert await erp.customers_by_tax_id(DEMF, "DE999999999", GERMANY) == ()
    assert await erp.customers_by_tax_id(DEMF, "-", GERMANY) == ()
