"""What is already there is the client's own, or a person says what is right."""

from typing import Any

import pytest

from canonical.clients import ClientId, Company, Customer
from policies import adoption
from policies.adoption import Adopt, Nothing, Refuse
from tests.fakes import DEMF, ERP, PSA, client, foreign

VAT = "DE136695976"
OTHER = ClientId("CL-00002")
NUMBER = "the number on the account"


def _client(tax_id: str | None = VAT) -> Any:  # noqa: ANN401 - a client with what is changed
    profile = {"country": "DE", "status": "business", "tax_id": tax_id}
    return client(address={"country": "DE"}, tax_profile=profile)


def _customer(number: str = "K-100", **changes: object) -> Customer:
    there = {"name": "Nordwind GmbH", "country": "DE", "tax_ids": (VAT,)}
    return Customer.model_validate({"id": foreign(ERP, number), **there, **changes})


def _named(found: Customer | None, owners: adoption.Owners | None = None) -> adoption.Verdict:
    return adoption.named_customer(_client(), DEMF, "K-100", found, owners or {})


def _refusal(verdict: adoption.Verdict) -> str:
    assert isinstance(verdict, Refuse)
    return verdict.text


def test_the_customer_whose_number_the_account_has_is_adopted() -> None:
    assert _named(_customer()) == Adopt(id=foreign(ERP, "K-100"), by=NUMBER)


@pytest.mark.parametrize("typed", ["DE 136 695 976", "136695976", "de136695976"])
def test_a_tax_id_is_the_same_however_it_was_typed(typed: str) -> None:
    assert isinstance(_named(_customer(tax_ids=(typed,))), Adopt)


def test_a_number_that_nobody_has_is_named_with_what_to_do() -> None:
    text = _refusal(_named(None))

    assert "no customer K-100 in DEMF" in text
    assert "in the CRM" in text


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"country": "FR"}, "is in FR, the account in DE"),
        ({"tax_ids": ("DE999999999",)}, f"has the tax id DE999999999, the account {VAT}"),
        ({"tax_ids": ()}, f"has the tax id none, the account {VAT}"),
    ],
)
def test_a_customer_that_differs_from_the_account_is_not_adopted(
    changes: dict[str, Any], told: str
) -> None:
    text = _refusal(_named(_customer(**changes)))

    assert text.startswith("customer K-100 (Nordwind GmbH) in DEMF")
    assert told in text


def test_a_country_that_the_erp_does_not_have_contradicts_nothing() -> None:
    assert isinstance(_named(_customer(country=None)), Adopt)


def test_an_account_without_a_tax_id_takes_the_customer_that_it_names() -> None:
    verdict = adoption.named_customer(_client(None), DEMF, "K-100", _customer(), {})

    assert isinstance(verdict, Adopt)


def test_a_customer_of_another_client_is_not_adopted() -> None:
    assert "that of client CL-00002" in _refusal(_named(_customer(), {"K-100": OTHER}))
    assert isinstance(_named(_customer(), {"K-100": ClientId("CL-00001")}), Adopt)


def test_the_one_customer_with_the_tax_id_is_adopted() -> None:
    verdict = adoption.found_customers(_client(), DEMF, [_customer()], {})

    assert verdict == Adopt(id=foreign(ERP, "K-100"), by="the tax id")


def test_where_nobody_has_the_tax_id_the_customer_is_created() -> None:
    assert adoption.found_customers(_client(), DEMF, [], {}) == Nothing()


def test_the_customer_under_the_clients_own_id_is_what_creating_finds() -> None:
    ours = _customer("CL-00001")

    assert adoption.found_customers(_client(), DEMF, [ours], {}) == Nothing()


def test_two_customers_with_one_tax_id_are_both_named() -> None:
    two = [_customer(), _customer("K-200", name="Nordwind Nord")]

    verdict = adoption.found_customers(_client(), DEMF, two, {})

    assert isinstance(verdict, Refuse)
    assert verdict.is_duplicate
    assert "K-100 (Nordwind GmbH) and K-200 (Nordwind Nord) in DEMF" in verdict.text
    assert "write the number of the right one on the account" in verdict.text


def test_a_customer_found_by_the_tax_id_is_held_against_the_account_too() -> None:
    found = [_customer(country="AT")]

    assert "is in AT" in _refusal(adoption.found_customers(_client(), DEMF, found, {}))


@pytest.mark.parametrize(
    ("carried", "owners", "verdict"),
    [
        (None, {}, Adopt),
        ("CL-00001", {}, Adopt),
        ("CL-00002", {}, Refuse),
        (None, {"77": OTHER}, Refuse),
    ],
)
def test_a_company_is_adopted_unless_it_is_another_clients(
    carried: str | None, owners: adoption.Owners, verdict: type[Adopt | Refuse]
) -> None:
    company = Company.model_validate(
        {"id": foreign(PSA, "77"), "name": "Nordwind", "client": carried}
    )

    assert isinstance(adoption.named_company(_client(), "77", company, owners), verdict)


def test_a_company_that_is_not_there_is_named_with_what_to_do() -> None:
    assert "no company 77" in _refusal(adoption.named_company(_client(), "77", None, {}))
