"""Is an account complete enough to become a client?

The rule: name, address, country, tax status, payment terms, and, where the tax treatment
rests on it, a valid VAT identifier of the client's own country (R-063). What is missing is
named field by field, now, and not when the invoice is due.
"""

from typing import Annotated, Literal

from pydantic import Field
from stdnum.eu import vat

from canonical import tax_ids
from canonical.base import Record, Rule
from canonical.cases import Defect
from canonical.clients import Account, Address, Client, ClientId, CountryCode, TaxProfile
from policies import tax_treatment

RULE = Rule(id="client-check", version=1)


class Complete(Record):
    """The account can become this client."""

    verdict: Literal["complete"] = "complete"
    rule: Rule = RULE
    client: Client


class Incomplete(Record):
    """Somebody must fill in what the defects name."""

    verdict: Literal["incomplete"] = "incomplete"
    rule: Rule = RULE
    defects: tuple[Defect, ...]


Verdict = Annotated[Complete | Incomplete, Field(discriminator="verdict")]


def decide(account: Account, client: ClientId, supplier: CountryCode) -> Verdict:
    """Compare what the CRM has with what the other systems need."""
    defects = (*_missing_fields(account), *_tax_defects(account, supplier))
    country, status, terms = account.country, account.tax_status, account.payment_terms
    if defects or country is None or status is None or terms is None:
        return Incomplete(defects=defects)
    address = Address(
        street=account.street,
        city=account.city,
        postal_code=account.postal_code,
        country=country,
    )
    profile = TaxProfile(country=country, status=status, tax_id=_one_spelling(account.tax_id))
    return Complete(
        client=Client(
            id=client,
            account=account.id,
            name=account.name,
            address=address,
            tax_profile=profile,
            payment_terms=terms,
            currency=account.currency,
        )
    )


def _missing_fields(account: Account) -> tuple[Defect, ...]:
    needed = {
        "name": account.name,
        "billing street": account.street,
        "billing city": account.city,
        "billing country": account.country,
        "tax status": account.tax_status,
        "payment terms": account.payment_terms,
    }
    return tuple(
        _defect(account, field, f"account has no {field}: fill it in the CRM")
        for field, value in needed.items()
        if not value
    )


def _tax_defects(account: Account, supplier: CountryCode) -> tuple[Defect, ...]:
    country, status = account.country, account.tax_status
    if country is None or status is None:
        return ()
    if not tax_treatment.needs_tax_id(supplier, country, status):
        return ()
    tax_id = _one_spelling(account.tax_id)
    if tax_id is None:
        text = "tax profile is incomplete: an EU business in another state needs its VAT id"
        return (_defect(account, "tax id", text),)
    if not _is_vat_id(tax_id, country):
        text = f"tax profile is wrong: the VAT id is not a valid one of {country}"
        return (_defect(account, "tax id", text),)
    return ()


def _is_vat_id(tax_id: str, country: CountryCode) -> bool:
    return vat.is_valid(tax_id) and tax_id.startswith(tax_ids.prefix(country))


def _one_spelling(tax_id: str | None) -> str | None:
    if tax_id is None or not tax_id.strip():
        return None
    return vat.compact(tax_id) if vat.is_valid(tax_id) else tax_id.replace(" ", "").upper()


def _defect(account: Account, field: str, text: str) -> Defect:
    return Defect(
        error_class="E05", subject=str(account.id), field=field, owner="sales_ops", text=text
    )
