"""Salesforce's words to ours and back. Pure functions, one per record.

A value that we do not know is left out, so that the activation check can name the field.
"""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from canonical.clients import Account, ClientLinks, CountryCode, PaymentTerms, TaxStatus
from canonical.commitments import CapPolicy
from canonical.invoices import Invoice, InvoiceStatus
from canonical.money import Money, Rate
from canonical.opportunities import (
    BillingFrequency,
    BillingModel,
    Opportunity,
    PriceLine,
    ScheduleLine,
)
from canonical.organization import EntityId
from canonical.projects import ProjectCode
from canonical.systems import ForeignId, SystemId
from connectors.salesforce import _wire

_BILLING_MODELS: dict[str | None, BillingModel] = {
    "Time and materials": "time_and_materials",
    "Milestones": "milestones",
}
_BILLING_FREQUENCIES: dict[str | None, BillingFrequency] = {
    "Monthly": "monthly",
    "On completion": "on_completion",
}
_CAP_POLICIES: dict[str | None, CapPolicy] = {"Split": "split", "Hold": "hold", "Warn": "warn"}
_TAX_STATUSES: dict[str, TaxStatus] = {
    "business": "business",
    "consumer": "consumer",
    "exempt": "exempt",
}


def opportunity(
    deal: _wire.Opportunity,
    items: Sequence[_wire.LineItem],
    schedule: Sequence[_wire.ScheduleLine],
    system: SystemId,
) -> Opportunity:
    """Return the deal; its line items are prices only where hours are sold."""
    model = _BILLING_MODELS.get(deal.billing_model)
    prices = [_price(item, deal) for item in items] if model == "time_and_materials" else []
    terms = [_schedule_line(line, system) for line in schedule]
    return Opportunity(
        id=_foreign(deal.id, system),
        name=deal.name,
        account=_foreign(deal.account, system),
        is_won=deal.is_won,
        closed_on=deal.close_date,
        currency=deal.currency,
        amount=_money(deal.amount, deal),
        entity=EntityId(deal.legal_entity) if deal.legal_entity else None,
        billing_model=model,
        billing_frequency=_BILLING_FREQUENCIES.get(deal.billing_frequency),
        practice=deal.practice or None,
        service_from=deal.service_start,
        service_until=deal.service_end,
        purchase_order=deal.purchase_order or None,
        not_to_exceed=_money(deal.not_to_exceed, deal),
        cap_policy=_CAP_POLICIES.get(deal.cap_policy),
        billing_threshold=_money(deal.billing_threshold, deal),
        prices=tuple(sorted(prices, key=_place)),
        schedule=tuple(sorted(terms, key=lambda line: (line.sequence, line.id.value))),
    )


def account(wire: _wire.Account, system: SystemId) -> Account:
    """Return the account, complete or not."""
    return Account(
        id=_foreign(wire.id, system),
        name=wire.name,
        street=wire.street or "",
        city=wire.city or "",
        postal_code=wire.postal_code or "",
        country=_country(wire.country or ""),
        tax_status=_TAX_STATUSES.get((wire.tax_status or "").lower()),
        tax_id=wire.tax_id or None,
        payment_terms=_payment_terms(wire.payment_terms or ""),
        currency=wire.currency,
        customer=(wire.customer or "").strip() or None,
        company=(wire.company or "").strip() or None,
    )


def account_links(links: ClientLinks) -> _wire.AccountLinks:
    """Return what the account's page shows of the other systems."""
    return _wire.AccountLinks(
        client=links.client, customer=links.erp.value, company=links.psa.value
    )


def delivery(codes: Sequence[ProjectCode], status: str) -> _wire.Delivery:
    """Return what the opportunity's page shows of its projects."""
    return _wire.Delivery(project_code=", ".join(codes), status=status)


def invoice(deal: ForeignId, invoice: Invoice, status: InvoiceStatus) -> _wire.Invoice:
    """Return the invoice as the ERP has it; until it has a number, our reference is its name."""
    return _wire.Invoice(
        name=status.number or invoice.reference,
        opportunity=deal.value,
        number=status.number,
        status="Posted" if status.state == "posted" else "Draft",
        invoice_date=invoice.issued_on,
        net=status.net.amount,
        tax=status.tax.amount,
        gross=status.gross.amount,
        balance=None if status.balance is None else status.balance.amount,
        currency=status.net.currency,
    )


def _money(amount: Decimal | None, deal: _wire.Opportunity) -> Money | None:
    return None if amount is None else Money(currency=deal.currency, amount=amount)


def _price(item: _wire.LineItem, deal: _wire.Opportunity) -> PriceLine:
    return PriceLine(
        role=item.product_code or "",
        rate=Rate(currency=item.currency, per_hour=item.unit_price),
        valid_from=item.service_date or deal.service_start or deal.close_date,
        workstream=_workstream(item.project),
    )


def _schedule_line(line: _wire.ScheduleLine, system: SystemId) -> ScheduleLine:
    return ScheduleLine(
        id=_foreign(line.id, system),
        sequence=line.sequence,
        name=line.name,
        amount=Money(currency=line.currency, amount=line.amount),
        due_on=line.due_date,
        workstream=_workstream(line.project),
    )


def _place(price: PriceLine) -> tuple[str, str, date]:
    return price.workstream or "", price.role, price.valid_from


def _workstream(name: str | None) -> str | None:
    return " ".join((name or "").split()) or None


def _country(text: str) -> CountryCode | None:
    code = text.strip().upper()
    return CountryCode(code) if re.fullmatch("[A-Z]{2}", code) else None


def _payment_terms(text: str) -> PaymentTerms | None:
    code = "".join(text.split()).upper()
    return PaymentTerms(code) if code else None


def _foreign(record: str, system: SystemId) -> ForeignId:
    return ForeignId(system=system, value=record)
