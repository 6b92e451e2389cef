import pytest

from canonical.clients import CountryCode, PaymentTerms
from canonical.organization import EntityId
from connectors import errors
from connectors.tryton import Tryton
from tests.connectors.tryton.firm import Firm
from tests.connectors.tryton.house import (
    ATMF,
    CUSTOMER_CODES,
    DEMF,
    Wire,
    client,
    next_number,
)

CREATE = "model.party.party.create"


async def test_a_client_becomes_a_party_with_address_tax_id_group_and_terms(
    erp: Tryton, firm: Firm
) -> None:
    told = client(next_number())

    party = await erp.create_customer(DEMF, told, CUSTOMER_CODES)

    (row,) = firm.rows(
        "party.party",
        [["code", "=", told.id]],
        *("name", "addresses.street", "addresses.city", "addresses.postal_code"),
        *("addresses.country.code", "identifiers.type", "identifiers.code", "categories.name"),
        *("customer_payment_term.name", "lang.code"),
    )
    assert (party.value, row["name"]) == (told.id, "Nordwind GmbH")
    (address,) = row["addresses."]
    assert (address["street"], address["city"], address["postal_code"]) == ("Weg 1", "Ulm", "89073")
    assert address["country."]["code"] == "DE"
    assert [(each["type"], each["code"]) for each in row["identifiers."]] == [
        ("eu_vat", "DE136695976")
    ]
    assert [each["name"] for each in row["categories."]] == ["10"]
    assert (row["customer_payment_term."]["name"], row["lang."]["code"]) == ("Net30", "en")
    assert await erp.find_customers(DEMF, told) == (party,)


async def test_a_client_that_is_created_twice_is_there_once(erp: Tryton, firm: Firm) -> None:
    told = client(next_number())

    parties = [await erp.create_customer(DEMF, told, CUSTOMER_CODES) for _ in range(2)]

    assert parties[0] == parties[1]
    assert len(firm.rows("party.party", [["code", "=", told.id]])) == 1


async def test_an_answer_that_was_lost_is_had_by_creating_again(erp: Tryton, wire: Wire) -> None:
    told = client(next_number())

    wire.lose(CREATE)
    with pytest.raises(errors.Uncertain):
        await erp.create_customer(DEMF, told, CUSTOMER_CODES)

    party = await erp.create_customer(DEMF, told, CUSTOMER_CODES)

    assert await erp.find_customers(DEMF, told) == (party,)


async def test_an_id_of_another_party_is_refused_and_the_reason_names_it(erp: Tryton) -> None:
    number = next_number()
    await erp.create_customer(DEMF, client(number), CUSTOMER_CODES)

    with pytest.raises(errors.Rejected, match="another record's") as caught:
        await erp.create_customer(DEMF, client(number, "Suedwind AG"), CUSTOMER_CODES)

    assert "Nordwind GmbH" in caught.value.reason
    assert "Nordwind" not in str(caught.value)


async def test_a_client_of_two_companies_is_one_party_with_the_terms_of_each(
    erp: Tryton, firm: Firm
) -> None:
    told = client(next_number())

    parties = [await erp.create_customer(each, told, CUSTOMER_CODES) for each in (DEMF, ATMF)]

    assert parties[0] == parties[1]
    for company in firm.rows("company.company", []):
        found = firm.call(
            "party.party.read",
            [firm.id_of("party.party", "code", told.id)],
            ["customer_payment_term.name"],
            company=company["id"],
        )
        assert "Net30" in str(found)


async def test_a_tax_id_that_is_no_vat_id_is_refused_in_trytons_words(erp: Tryton) -> None:
    told = client(next_number())
    wrong = told.tax_profile.model_copy(update={"tax_id": "DE123"})

    with pytest.raises(errors.Rejected) as caught:
        await erp.create_customer(
            DEMF, told.model_copy(update={"tax_profile": wrong}), CUSTOMER_CODES
        )

    assert "DE123" in caught.value.reason
    assert "DE123" not in str(caught.value)


@pytest.mark.parametrize(("tax_id", "kept"), [("12-3456789", ["12-3456789"]), (None, [])])
async def test_a_client_outside_of_the_eu_has_a_tax_id_of_no_kind_or_none(
    erp: Tryton, firm: Firm, tax_id: str | None, kept: list[str]
) -> None:
    told = client(next_number())
    profile = told.tax_profile.model_copy(update={"country": CountryCode("US"), "tax_id": tax_id})

    await erp.create_customer(
        DEMF, told.model_copy(update={"tax_profile": profile}), CUSTOMER_CODES
    )

    rows = firm.rows("party.identifier", [["party.code", "=", told.id]], "code", "type")
    assert [row["code"] for row in rows] == kept
    assert {row["type"] for row in rows} <= {None}


async def test_what_the_firm_has_not_set_up_is_refused_by_name(erp: Tryton, firm: Firm) -> None:
    told = client(next_number())
    codes = CUSTOMER_CODES.model_copy(update={"payment_terms": PaymentTerms("Net7")})

    with pytest.raises(errors.Rejected) as caught:
        await erp.create_customer(DEMF, told, codes)

    assert caught.value.reason == "no account.invoice.payment_term has name Net7"
    with pytest.raises(errors.Rejected, match=r"no company\.company fits"):
        await erp.create_customer(EntityId("NOWHERE"), told, CUSTOMER_CODES)
    assert firm.rows("party.party", [["code", "=", told.id]]) == []
