"""Invoices to clients: what we bill, and what the ERP made of it."""

from datetime import date
from typing import Literal, NewType

from canonical.base import Record
from canonical.clients import ClientId
from canonical.contracts import ContractId
from canonical.money import Currency, Exact, Money
from canonical.organization import EntityId
from canonical.projects import FinancialDimensions
from canonical.tax import TaxDecision
from canonical.worktime import WorkTime

InvoiceId = NewType("InvoiceId", str)  # contract and cycle: CT-00001/1
Reference = NewType("Reference", str)


class InvoiceLine(Record):
    """One line; its slices stand in the store. `worked` is None for a fixed amount."""

    number: int
    text: str
    worked: WorkTime | None = None
    unit_price: Exact
    net: Money
    dimensions: FinancialDimensions


class Invoice(Record):
    """What we bill, before tax. A correction is the next `revision`."""

    id: InvoiceId
    revision: int = 1
    contract: ContractId
    client: ClientId
    entity: EntityId
    currency: Currency
    issued_on: date
    purchase_order: str | None = None
    tax: TaxDecision
    lines: tuple[InvoiceLine, ...]

    @property
    def reference(self) -> Reference:
        """Return the name under which every other system can find this invoice."""
        return Reference(f"{self.id}/{self.revision}")

    @property
    def net(self) -> Money:
        """Return the sum of the lines."""
        return Money.total((line.net for line in self.lines), self.currency)


class InvoiceStatus(Record):
    """An invoice as the ERP has it: number, posting and balance are only ever read back."""

    state: Literal["draft", "posted"]
    number: str | None = None
    net: Money
    tax: Money
    balance: Money | None = None
    line_count: int

    @property
    def gross(self) -> Money:
        """Return net and tax together."""
        return self.net + self.tax
