"""Records of a company that every ERP of ours has, each test with its own numbers."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import count

from canonical.base import Rule
from canonical.clients import Address, Client, ClientId, CountryCode, PaymentTerms, TaxProfile
from canonical.codes import CustomerCodes, InvoiceCodes
from canonical.contracts import Contract, ContractId
from canonical.entries import EntryKey
from canonical.invoices import Invoice, InvoiceId, InvoiceLine
from canonical.money import Money, Rate
from canonical.organization import EntityId
from canonical.postings import BatchId, HourBatch, HourLine
from canonical.projects import FinancialDimensions, Project, ProjectCode
from canonical.systems import ForeignId, SystemId
from canonical.tax import TaxDecision
from canonical.worktime import WorkTime
from connectors import ports

ENTITY = EntityId("DEMF")
CUSTOMER_CODES = CustomerCodes(customer_group="10", payment_terms="Net30", tax_group="DOM")
INVOICE_CODES = InvoiceCodes(tax_group="DOM", revenue_account="401100")
TAX = Decimal("0.19")
DAY = date(2026, 12, 31)  # no story bills later: an ERP may want numbers to follow dates
_GERMANY = CountryCode("DE")
_CRM = SystemId("crm-main")
_PROFILE = TaxProfile(country=_GERMANY, status="consumer")
TAXED = TaxProfile(country=_GERMANY, status="business", tax_id="DE136695976")
_NUMBERS = count(90_001)  # far from what a story gives out


@dataclass(frozen=True)
class Deal:
    """A client, a contract, a project, a batch and an invoice, by one number.

    Work is on the project of another deal if it has a `home`.
    """

    number: int
    home: "Deal | None" = None

    @classmethod
    def fresh(cls) -> "Deal":
        """Return one that no ERP knows yet."""
        return cls(next(_NUMBERS))

    def another(self) -> "Deal":
        """Return one whose work is on the project of this one."""
        return Deal(next(_NUMBERS), self)

    @property
    def dimensions(self) -> FinancialDimensions:
        return FinancialDimensions(business_unit="040", project=(self.home or self).project.code)

    def client(self, name: str = "Nordwind GmbH") -> Client:
        return Client(
            id=ClientId(f"CL-{self.number}"),
            account=ForeignId(system=_CRM, value=f"001{self.number}"),
            name=name,
            address=Address(street="Weg 1", city="Ulm", postal_code="89073", country=_GERMANY),
            tax_profile=_PROFILE,
            payment_terms=PaymentTerms("NET30"),
            currency="EUR",
        )

    @property
    def contract(self) -> Contract:
        return Contract(
            id=ContractId(f"CT-{self.number}"),
            opportunity=ForeignId(system=_CRM, value=f"006{self.number}"),
            client=ClientId(f"CL-{self.number}"),
            entity=ENTITY,
            name="Rollout",
            currency="EUR",
            price=money("100"),
            practice="ERP",
            service_from=date(2026, 3, 1),
            service_until=date(2026, 6, 30),
            lines=(),
        )

    @property
    def project(self) -> Project:
        code = ProjectCode(f"PR-{self.number}")
        return Project(
            code=code,
            contract=ContractId(f"CT-{self.number}"),
            client=ClientId(f"CL-{self.number}"),
            entity=ENTITY,
            name="Rollout",
            currency="EUR",
            starts_on=date(2026, 3, 1),
            ends_on=date(2026, 6, 30),
            dimensions=FinancialDimensions(business_unit="040", project=code),
        )

    @property
    def batch(self) -> HourBatch:
        return HourBatch(
            id=BatchId(f"conformance/DEMF/0/{self.number}"),
            entity=ENTITY,
            lines=(self._hours(1, 90, "60"), self._hours(2, 10, "150")),
        )

    def invoice(self, *nets: str, currency: str = "EUR") -> Invoice:
        """Return an invoice of fixed amounts, or one of hours and a fixed amount."""
        amounts = [money(net, currency) for net in nets]
        lines = [self._line(number, net) for number, net in enumerate(amounts, start=1)]
        hours = self._line(1, money("25.00")).model_copy(
            update={"worked": WorkTime.of_minutes(10), "unit_price": Decimal(150)}
        )
        return Invoice(
            id=InvoiceId(f"CT-{self.number}/1"),
            contract=ContractId(f"CT-{self.number}"),
            client=ClientId(f"CL-{self.number}"),
            entity=ENTITY,
            currency=currency,
            issued_on=DAY,
            purchase_order="PO-7",
            tax=TaxDecision(
                treatment="domestic",
                note="",
                rule=Rule(id="tax", version=1),
                supplier_country="DE",
                client=_PROFILE,
            ),
            lines=tuple(lines) or (hours, self._line(2, money("75.50"))),
        )

    async def customer_in(self, erp: ports.Erp) -> ForeignId:
        """Create the client, and return it."""
        return await erp.create_customer(ENTITY, self.client(), CUSTOMER_CODES)

    async def project_in(self, erp: ports.Erp) -> ForeignId:
        """Create client, contract and project, and return the client."""
        customer = await self.customer_in(erp)
        contract = await erp.create_contract(self.contract, customer)
        await erp.create_project(self.project, contract, "TM")
        return customer

    async def journal_in(self, erp: ports.Erp) -> ForeignId:
        """Create the project, and return an empty journal for its batch."""
        await self.project_in(erp)
        return await erp.create_journal(ENTITY, self.batch.id)

    async def draft_in(self, erp: ports.Erp, invoice: Invoice) -> ForeignId:
        """Create the project, and return an empty draft of an invoice."""
        customer = await self.project_in(erp)
        return await erp.create_invoice(invoice, customer, INVOICE_CODES)

    def _hours(self, number: int, minutes: int, rate: str) -> HourLine:
        return HourLine(
            number=number,
            entry=EntryKey(f"conformance:{self.number}{number}"),
            dimensions=self.dimensions,
            resource="000201",
            category="CONS",
            work_date=date(2026, 3, number),
            worked=WorkTime.of_minutes(minutes),
            cost=Rate(currency="EUR", per_hour=Decimal(rate)),
        )

    def _line(self, number: int, net: Money) -> InvoiceLine:
        return InvoiceLine(
            number=number,
            text=f"Line {number}",
            unit_price=net.amount,
            net=net,
            dimensions=self.dimensions,
        )


def money(amount: str, currency: str = "EUR") -> Money:
    """Return an amount, of euros unless told otherwise."""
    return Money(currency=currency, amount=Decimal(amount))
