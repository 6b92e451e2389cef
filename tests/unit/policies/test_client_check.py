import pytest

from canonical.cases import Defect
from canonical.clients import Account, ClientId, CountryCode
from policies import client_check
from tests.fakes import account

_FRENCH = "FR40303265045"
_GREEK = "EL094259216"
_GERMAN = "DE136695976"


def _decide(found: Account, supplier: str = "DE") -> client_check.Verdict:
    return client_check.decide(found, ClientId("CL-00001"), CountryCode(supplier))


def _defects(found: Account, supplier: str = "DE") -> tuple[Defect, ...]:
    verdict = _decide(found, supplier)
    assert isinstance(verdict, client_check.Incomplete)
    return verdict.defects


def _tax_id(country: str, tax_id: str | None) -> str | None:
    verdict = _decide(account(country=country, tax_id=tax_id))
    assert isinstance(verdict, client_check.Complete)
    return verdict.client.tax_profile.tax_id


def test_a_complete_account_becomes_the_client_as_it_is() -> None:
    verdict = _decide(account(), "US")

    assert isinstance(verdict, client_check.Complete)
    client = verdict.client
    assert (client.id, client.account, client.name) == (
        "CL-00001",
        account().id,
        "Northwind Traders",
    )
    assert (client.address.street, client.address.city) == ("1 Harbor Way", "Boston")
    assert (client.address.postal_code, client.address.country) == ("02110", "US")
    assert (client.payment_terms, client.currency) == ("NET30", "USD")
    assert (client.tax_profile.status, client.tax_profile.tax_id) == ("business", None)
    assert (verdict.rule.id, verdict.rule.version) == ("client-check", 1)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"street": ""}, "billing street"),
        ({"city": ""}, "billing city"),
        ({"country": None}, "billing country"),
        ({"tax_status": None}, "tax status"),
        ({"payment_terms": None}, "payment terms"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_missing_field_is_named_with_who_fills_it(changes: dict[str, object], field: str) -> None:
    """R-063, E05: now, and not when the invoice is due."""
    (defect,) = _defects(account(**changes), "US")

    assert (defect.error_class, defect.field, defect.owner) == ("E05", field, "sales_ops")
    assert defect.subject == "crm-main:001A"
    assert defect.text == f"account has no {field}: fill it in the CRM"


def test_everything_that_is_missing_is_named_at_once() -> None:
    bare = account(street="", city="", payment_terms=None, country="FR")

    assert [defect.field for defect in _defects(bare)] == [
        "billing street",
        "billing city",
        "payment terms",
        "tax id",
    ]


def test_a_postal_code_is_not_needed_where_there_is_none() -> None:
    assert isinstance(_decide(account(postal_code=""), "US"), client_check.Complete)


@pytest.mark.parametrize("tax_id", [None, "", "  "], ids=["none", "empty", "blank"])
def test_a_business_in_another_eu_state_needs_a_vat_id(tax_id: str | None) -> None:
    """R-063."""
    (defect,) = _defects(account(country="FR", tax_id=tax_id))

    assert (defect.error_class, defect.field) == ("E05", "tax id")
    assert defect.text == (
        "tax profile is incomplete: an EU business in another state needs its VAT id"
    )


@pytest.mark.parametrize(
    ("country", "tax_id"),
    [
        ("FR", "FR40303265046"),
        ("FR", "40303265045"),
        ("FR", _GERMAN),
        ("FR", "not a number"),
        ("FR", "F"),
        ("GR", "GR094259216"),
        ("GR", "EL094259217"),
        ("GR", _FRENCH),
    ],
    ids=[
        "check-digit",
        "no-prefix",
        "wrong-country",
        "words",
        "short",
        "greece-with-its-iso-code",
        "greece-check-digit",
        "greece-wrong-country",
    ],
)
def test_a_vat_id_must_be_a_valid_one_of_the_clients_country(country: str, tax_id: str) -> None:
    """R-063, E05."""
    (defect,) = _defects(account(country=country, tax_id=tax_id))

    assert defect.field == "tax id"
    assert defect.text == f"tax profile is wrong: the VAT id is not a valid one of {country}"


@pytest.mark.parametrize(
    ("country", "tax_id", "kept"),
    [
        ("FR", _FRENCH, _FRENCH),
        ("FR", "fr 40 303 265 045", _FRENCH),
        ("FR", "FR-40.303.265.045", _FRENCH),
        ("GR", _GREEK, _GREEK),
        ("GR", "el 094 259 216", _GREEK),
        ("DE", "DE 136,695 976", _GERMAN),
    ],
    ids=["french", "spaced", "dashed", "greek", "greek-spaced", "german-at-home"],
)
def test_a_vat_id_is_kept_in_one_spelling(country: str, tax_id: str, kept: str) -> None:
    assert _tax_id(country, tax_id) == kept


@pytest.mark.parametrize(
    ("country", "tax_id", "kept"),
    [("US", "12-3456789", "12-3456789"), ("DE", "30/123/45678", "30/123/45678"), ("DE", "", None)],
    ids=["american", "german-tax-number", "none"],
)
def test_another_tax_id_is_kept_as_it_is(country: str, tax_id: str, kept: str | None) -> None:
    assert _tax_id(country, tax_id) == kept


@pytest.mark.parametrize(
    ("country", "status", "supplier"),
    [
        ("DE", "business", "DE"),
        ("FR", "consumer", "DE"),
        ("FR", "exempt", "DE"),
        ("US", "business", "DE"),
        ("FR", "business", "US"),
    ],
    ids=["domestic", "consumer", "exempt", "outside-the-eu", "supplier-outside-the-eu"],
)
def test_where_the_treatment_does_not_rest_on_a_vat_id_none_is_asked_for(
    country: str, status: str, supplier: str
) -> None:
    found = account(country=country, tax_status=status, tax_id=None)

    assert isinstance(_decide(found, supplier), client_check.Complete)
