"""Our records, as these tests need them, and a connector over a transport that answers."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import httpx
from pydantic import SecretStr

from canonical.base import Rule
from canonical.clients import Address, Client, ClientId, CountryCode, PaymentTerms, TaxProfile
from canonical.contracts import ContractId, MilestoneId, MilestoneTerm
from canonical.invoices import Invoice, InvoiceId, InvoiceLine, InvoiceStatus
from canonical.landscape import SystemInstance
from canonical.money import Money
from canonical.organization import EntityId
from canonical.projects import FinancialDimensions, Project, ProjectCode
from canonical.systems import ForeignId, SystemId
from canonical.tax import TaxDecision
from connectors.kantata import Kantata, connect
from tests.connectors.kantata.server import TOKEN

Answers = Callable[[httpx.Request], httpx.Response]

PSA = SystemId("psa-main")
NOON = datetime(2026, 2, 10, 12, tzinfo=UTC)
INSTANCE = SystemInstance(
    id=PSA,
    vendor="kantata",
    role="psa",
    url="https://kantata.test",
    credential="psa",
    longest_request=timedelta(seconds=2),
)
_TAX = TaxProfile(country=CountryCode("US"), status="business")


def kantata(
    answers: Answers, *, token: str = TOKEN, **options: str
) -> AbstractAsyncContextManager[Kantata]:
    return kantata_at(NOON, answers, token=token, **options)


def kantata_at(
    at: datetime, answers: Answers, /, *, token: str = TOKEN, **options: str
) -> AbstractAsyncContextManager[Kantata]:
    instance = INSTANCE.model_copy(update={"options": options})
    transport = httpx.MockTransport(answers)
    return connect(instance, {"token": SecretStr(token)}, clock=lambda: at, transport=transport)


def psa_id(value: str) -> ForeignId:
    return ForeignId(system=PSA, value=value)


def money(amount: str, currency: str = "USD") -> Money:
    return Money(currency=currency, amount=Decimal(amount))


def client(number: str = "CL-00001") -> Client:
    return Client(
        id=ClientId(number),
        account=ForeignId(system=SystemId("crm-main"), value="001xx"),
        name="Acme",
        address=Address(country=CountryCode("US")),
        tax_profile=_TAX,
        payment_terms=PaymentTerms("NET30"),
        currency="USD",
    )


def term(number: str = "CT-00001/M1", amount: Money | None = None) -> MilestoneTerm:
    return MilestoneTerm(
        id=MilestoneId(number),
        name="Design",
        amount=amount or money("5000.00"),
        due_on=date(2026, 2, 28),
    )


def project(*milestones: MilestoneTerm, code: str = "PR-00001", currency: str = "USD") -> Project:
    return Project(
        code=ProjectCode(code),
        contract=ContractId("CT-00001"),
        client=ClientId("CL-00001"),
        entity=EntityId("USMF"),
        name="Rollout",
        currency=currency,
        starts_on=date(2026, 1, 5),
        ends_on=date(2026, 6, 30),
        dimensions=_dimensions(code),
        milestones=milestones,
    )


def invoice(*nets: Money, revision: int = 1) -> Invoice:
    return Invoice(
        id=InvoiceId("CT-00001/1"),
        revision=revision,
        contract=ContractId("CT-00001"),
        client=ClientId("CL-00001"),
        entity=EntityId("USMF"),
        currency="USD",
        issued_on=date(2026, 2, 28),
        purchase_order="PO-7",
        tax=TaxDecision(
            treatment="domestic",
            rule=Rule(id="tax.us", version=1),
            supplier_country="US",
            client=_TAX,
        ),
        lines=tuple(line(number, net) for number, net in enumerate(nets, start=1)),
    )


def homes(**workspaces: str) -> dict[ProjectCode, ForeignId]:
    """Return where projects are: homes(PR_00001="10")."""
    return {
        ProjectCode(code.replace("_", "-")): psa_id(workspace)
        for code, workspace in workspaces.items()
    }


def status(number: str | None = "FTI-00000001") -> InvoiceStatus:
    net = money("5000.00")
    return InvoiceStatus(
        state="posted", number=number, net=net, tax=money("0"), balance=net, line_count=1
    )


def line(number: int, net: Money, project: str = "PR-00001") -> InvoiceLine:
    return InvoiceLine(
        number=number,
        text=f"Line {number}",
        unit_price=net.amount,
        net=net,
        dimensions=_dimensions(project),
    )


def _dimensions(code: str) -> FinancialDimensions:
    return FinancialDimensions(business_unit="CONSULTING", project=ProjectCode(code))
