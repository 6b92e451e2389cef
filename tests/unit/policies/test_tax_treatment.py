import pytest

from canonical.clients import CountryCode, TaxProfile, TaxStatus
from canonical.tax import TaxDecision, Treatment
from policies import tax_treatment


def _decide(supplier: str, country: str, status: TaxStatus = "business") -> TaxDecision:
    profile = TaxProfile(country=CountryCode(country), status=status, tax_id="X1")
    return tax_treatment.decide(CountryCode(supplier), profile)


@pytest.mark.parametrize(
    ("supplier", "country", "status", "treatment", "note"),
    [
        ("DE", "DE", "business", "domestic", ""),
        ("DE", "DE", "consumer", "domestic", ""),
        ("DE", "FR", "business", "reverse_charge", "Reverse charge"),
        ("DE", "GR", "business", "reverse_charge", "Reverse charge"),
        ("DE", "FR", "consumer", "domestic", ""),
        ("DE", "FR", "exempt", "exempt", ""),
        ("US", "US", "exempt", "exempt", ""),
        ("DE", "US", "business", "outside_scope", ""),
        ("DE", "CH", "business", "outside_scope", ""),
        ("DE", "GB", "business", "outside_scope", ""),
        ("DE", "US", "consumer", "outside_scope", ""),
        ("US", "US", "business", "domestic", ""),
        ("US", "GB", "business", "outside_scope", ""),
        ("US", "DE", "business", "outside_scope", ""),
        ("US", "DE", "consumer", "outside_scope", ""),
    ],
)
def test_the_treatment_follows_from_both_countries_and_the_status(
    supplier: str, country: str, status: TaxStatus, treatment: Treatment, note: str
) -> None:
    """O-20 and domain §3.4: the note stands on a reverse charge and nowhere else."""
    decision = _decide(supplier, country, status)

    assert (decision.treatment, decision.note) == (treatment, note)


def test_a_decision_keeps_its_rule_and_its_inputs() -> None:
    decision = _decide("DE", "FR")

    assert (decision.rule.id, decision.rule.version) == ("tax-treatment", 1)
    assert decision.supplier_country == "DE"
    assert (decision.client.country, decision.client.tax_id) == ("FR", "X1")


@pytest.mark.parametrize(
    ("supplier", "country", "status", "needed"),
    [
        ("DE", "FR", "business", True),
        ("DE", "DE", "business", False),
        ("DE", "FR", "consumer", False),
        ("DE", "FR", "exempt", False),
        ("DE", "US", "business", False),
        ("US", "FR", "business", False),
    ],
)
def test_only_a_reverse_charge_rests_on_a_tax_id(
    supplier: str,
    country: str,
    status: TaxStatus,
    needed: bool,  # noqa: FBT001 - expected
) -> None:
    rests_on_it = tax_treatment.needs_tax_id(CountryCode(supplier), CountryCode(country), status)

    assert rests_on_it is needed
    assert (_decide(supplier, country, status).treatment == "reverse_charge") is needed
