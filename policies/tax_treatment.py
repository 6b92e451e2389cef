"""How is a client taxed by a supplier, and what must the invoice say?

The rule: an exempt client is not taxed. The same country is domestic. Between two EU states a
business is taxed where it is established (Directive 2006/112/EC, Art. 44), so it owes the tax
itself (Art. 196) and the invoice says so; a consumer is taxed where the supplier is (Art. 45).
Everything else is outside the scope of the supplier's tax, without a note.
"""

from canonical.base import Rule
from canonical.clients import CountryCode, TaxProfile
from canonical.tax import REVERSE_CHARGE_NOTE, TaxDecision, Treatment

RULE = Rule(id="tax-treatment", version=1)

_EU = frozenset(
    {
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
        *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
    }
)


def decide(supplier: CountryCode, client: TaxProfile) -> TaxDecision:
    """Return the treatment of a client, as of its tax profile."""
    treatment = _treatment(supplier, client)
    return TaxDecision(
        treatment=treatment,
        note=REVERSE_CHARGE_NOTE if treatment == "reverse_charge" else "",
        rule=RULE,
        supplier_country=supplier,
        client=client,
    )


def needs_tax_id(supplier: CountryCode, country: CountryCode, status: str) -> bool:
    """Say whether the treatment rests on the client's VAT identifier."""
    return status == "business" and country != supplier and {country, supplier} <= _EU


def _treatment(supplier: CountryCode, client: TaxProfile) -> Treatment:
    if client.status == "exempt":
        return "exempt"
    if client.country == supplier:
        return "domestic"
    if {client.country, supplier} <= _EU:
        return "reverse_charge" if client.status == "business" else "domestic"
    return "outside_scope"
