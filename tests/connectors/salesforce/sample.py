"""What the tests write: a client's ids, and an invoice with what the ERP made of it."""

from datetime import date
from decimal import Decimal

from canonical.base import Rule
from canonical.clients import ClientId, ClientLinks, CountryCode, TaxProfile
from canonical.contracts import ContractId
from canonical.invoices import Invoice, InvoiceId, InvoiceStatus
from canonical.money import Money
from canonical.organization import EntityId
from canonical.systems import ForeignId, SystemId
from canonical.tax import TaxDecision
from tests.connectors.salesforce.org import foreign

DEAL = foreign("0065f00000A1b2CAAR")
ACCOUNT = foreign("0015f00000Xy9ZzAAJ")
LINKS = ClientLinks(
    client=ClientId("CL-00001"),
    erp=ForeignId(system=SystemId("erp-main"), value="C-00001"),
    psa=ForeignId(system=SystemId("psa-main"), value="7001"),
)


def money(amount: str) -> Money:
    return Money(currency="USD", amount=Decimal(amount))


def invoice(number: str = "CT-00001/1") -> Invoice:
    client = TaxProfile(country=CountryCode("US"), status="business")
    rule = Rule(id="tax.domestic", version=1)
    return Invoice(
        id=InvoiceId(number),
        contract=ContractId("CT-00001"),
        client=ClientId("CL-00001"),
        entity=EntityId("USMF"),
        currency="USD",
        issued_on=date(2026, 3, 31),
        tax=TaxDecision(treatment="domestic", rule=rule, supplier_country="US", client=client),
        lines=(),
    )


def posted(net: str = "2480.00") -> InvoiceStatus:
    return InvoiceStatus(
        state="posted",
        number="FTI-00000001",
        net=money(net),
        tax=money("204.60"),
        balance=money("0"),
        line_count=2,
    )
