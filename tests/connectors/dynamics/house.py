"""The firm's own records, as the tests of this connector know them."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import date, timedelta
from decimal import Decimal

import httpx
from pydantic import SecretStr

from canonical.base import Rule
from canonical.clients import Address, Client, ClientId, CountryCode, PaymentTerms, TaxProfile
from canonical.codes import CustomerCodes, InvoiceCodes
from canonical.contracts import Contract, ContractId
from canonical.entries import EntryKey
from canonical.invoices import Invoice, InvoiceId, InvoiceLine
from canonical.landscape import SystemInstance
from canonical.money import Money, Rate
from canonical.organization import EntityId
from canonical.postings import BatchId, HourBatch, HourLine
from canonical.projects import FinancialDimensions, Project, ProjectCode
from canonical.systems import ForeignId, SystemId
from canonical.tax import TaxDecision
from canonical.worktime import WorkTime
from connectors.dynamics import Dynamics, connect

Answers = Callable[[httpx.Request], httpx.Response]

ERP = SystemId("erp-main")
USMF = EntityId("USMF")
SECRET = "hunter2"  # noqa: S105 - a canary, not a password
CREDENTIAL = {"client_id": SecretStr("app"), "client_secret": SecretStr(SECRET)}
CUSTOMER_CODES = CustomerCodes(customer_group="10", payment_terms="Net30", tax_group="EU-RC")
INVOICE_CODES = InvoiceCodes(tax_group="EU-RC", revenue_account="401100")
BATCH = BatchId("erp-main/USMF/0/17")
DIMENSIONS = FinancialDimensions(business_unit="CONS", project=ProjectCode("P-00001"))
_GERMANY = CountryCode("DE")
_PROFILE = TaxProfile(country=_GERMANY, status="business", tax_id="DE136695976")


def instance(**options: str) -> SystemInstance:
    return SystemInstance(
        id=ERP,
        vendor="dynamics",
        role="erp",
        url="https://env.test/",
        credential="erp",
        longest_request=timedelta(seconds=2),
        options=options,
    )


def opened(answers: Answers, **options: str) -> AbstractAsyncContextManager[Dynamics]:
    return opened_as(instance(), answers, **options)


def opened_as(
    declared: SystemInstance, answers: Answers, /, **options: str
) -> AbstractAsyncContextManager[Dynamics]:
    told = {"token_url": "https://login.test/token"} | options
    declared = declared.model_copy(update={"options": told})
    return connect(declared, CREDENTIAL, transport=httpx.MockTransport(answers))


def after_token(answers: Answers) -> Answers:
    """Return what grants a token and then answers every call."""
    granted = httpx.Response(200, json={"access_token": "token", "expires_in": 3599})
    return lambda request: granted if request.url.path == "/token" else answers(request)


def foreign(value: str) -> ForeignId:
    return ForeignId(system=ERP, value=value)


def money(amount: str, currency: str = "EUR") -> Money:
    return Money(currency=currency, amount=Decimal(amount))


def client(name: str = "Nordwind GmbH", client_id: str = "C-00001") -> Client:
    return Client(
        id=ClientId(client_id),
        account=ForeignId(system=SystemId("crm-main"), value="001"),
        name=name,
        address=Address(street="Weg 1", city="Ulm", postal_code="89073", country=_GERMANY),
        tax_profile=_PROFILE,
        payment_terms=PaymentTerms("NET30"),
        currency="EUR",
    )


def contract(name: str = "Rollout") -> Contract:
    return Contract(
        id=ContractId("CT-00001"),
        opportunity=ForeignId(system=SystemId("crm-main"), value="006"),
        client=ClientId("C-00001"),
        entity=USMF,
        name=name,
        currency="EUR",
        price=money("100"),
        practice="CONSULTING",
        service_from=date(2026, 3, 1),
        service_until=date(2026, 6, 30),
        lines=(),
    )


def project(code: str = "P-00001") -> Project:
    return Project(
        code=ProjectCode(code),
        contract=ContractId("CT-00001"),
        client=ClientId("C-00001"),
        entity=USMF,
        name="Rollout",
        currency="EUR",
        starts_on=date(2026, 3, 1),
        ends_on=date(2026, 6, 30),
        dimensions=DIMENSIONS,
    )


def hour_line(
    number: int = 1, *, minutes: int = 90, rate: str = "70", currency: str = "USD"
) -> HourLine:
    return HourLine(
        number=number,
        entry=EntryKey(f"psa-main:{100 + number}"),
        dimensions=DIMENSIONS,
        resource="000104",
        category="Consult",
        work_date=date(2026, 3, 2),
        worked=WorkTime.of_minutes(minutes),
        cost=Rate(currency=currency, per_hour=Decimal(rate)),
    )


def hour_batch(*lines: HourLine) -> HourBatch:
    return HourBatch(id=BATCH, entity=USMF, lines=lines or (hour_line(1), hour_line(2)))


def invoice_line(number: int, net: Money, *, minutes: int | None = None) -> InvoiceLine:
    return InvoiceLine(
        number=number,
        text=f"Line {number}",
        worked=None if minutes is None else WorkTime.of_minutes(minutes),
        unit_price=net.amount,
        net=net,
        dimensions=DIMENSIONS,
    )


def invoice(*lines: InvoiceLine, note: str = "", revision: int = 1) -> Invoice:
    lines = lines or (invoice_line(1, money("25.00"), minutes=10), invoice_line(2, money("75.50")))
    return Invoice(
        id=InvoiceId("CT-00001/1"),
        revision=revision,
        contract=ContractId("CT-00001"),
        client=ClientId("C-00001"),
        entity=USMF,
        currency=lines[0].net.currency,
        issued_on=date(2026, 3, 31),
        purchase_order="PO-7",
        tax=TaxDecision(
            treatment="reverse_charge" if note else "domestic",
            note=note,
            rule=Rule(id="tax", version=1),
            supplier_country="US",
            client=_PROFILE,
        ),
        lines=lines,
    )
