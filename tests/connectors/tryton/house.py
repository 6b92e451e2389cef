"""The firm's own records, as the tests of this connector know them, each test with its own."""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import count

import httpx
from pydantic import SecretStr
from typing_extensions import override

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
from connectors.tryton import Tryton, connect
from tests.connectors.tryton.firm import LOGIN, PASSWORD

ERP = SystemId("erp-tryton")
DEMF = EntityId("DEMF")
ATMF = EntityId("ATMF")
CUSTOMER_CODES = CustomerCodes(customer_group="10", payment_terms="Net30", tax_group="DOM")
DOMESTIC = InvoiceCodes(tax_group="DOM", revenue_account="401100")
REVERSE_CHARGE = InvoiceCodes(tax_group="RC", revenue_account="401200")
ACCOUNTS = {"cost_account": "540100", "clearing_account": "200140"}
_GERMANY = CountryCode("DE")
_PROFILE = TaxProfile(country=_GERMANY, status="business", tax_id="DE136695976")
_NUMBERS = count(1)
_SHARED: list["Deal"] = []


@dataclass(frozen=True)
class Deal:
    """Where a client, contract and project are in Tryton; batch and invoice go by `number`."""

    number: int
    customer: ForeignId
    contract: ForeignId
    project: ForeignId
    dimensions: FinancialDimensions

    def batch(self, *lines: HourLine) -> HourBatch:
        return HourBatch(
            id=BatchId(f"erp-tryton/DEMF/0/{self.number}"),
            entity=DEMF,
            lines=lines or (self.line(1), self.line(2, minutes=10, rate="150")),
        )

    def line(
        self,
        number: int = 1,
        *,
        minutes: int = 90,
        rate: str = "70",
        currency: str = "EUR",
        day: date = date(2026, 3, 2),
        resource: str = "000201",
        worked: WorkTime | None = None,
        project: str = "",
        business_unit: str = "040",
    ) -> HourLine:
        code = ProjectCode(project) if project else self.dimensions.project
        return HourLine(
            number=number,
            entry=EntryKey(f"psa-main:{self.number}{number:04}"),
            dimensions=FinancialDimensions(business_unit=business_unit, project=code),
            resource=resource,
            category="CONS",
            work_date=day,
            worked=worked or WorkTime.of_minutes(minutes),
            cost=Rate(currency=currency, per_hour=Decimal(rate)),
        )

    def invoice(
        self, *lines: InvoiceLine, day: date = date(2026, 1, 31), note: str = ""
    ) -> Invoice:
        lines = lines or (
            self.billed(1, "25.00", minutes=10, price="150"),
            self.billed(2, "75.50"),
        )
        return Invoice(
            id=InvoiceId(f"CT-{self.number:05}/1"),
            contract=ContractId(f"CT-{self.number:05}"),
            client=ClientId(f"CL-{self.number:05}"),
            entity=DEMF,
            currency=lines[0].net.currency,
            issued_on=day,
            purchase_order="PO-7",
            tax=TaxDecision(
                treatment="reverse_charge" if note else "domestic",
                note=note,
                rule=Rule(id="tax", version=1),
                supplier_country="DE",
                client=_PROFILE,
            ),
            lines=lines,
        )

    def billed(
        self,
        number: int,
        net: str,
        *,
        minutes: int | None = None,
        price: str | None = None,
        currency: str = "EUR",
    ) -> InvoiceLine:
        return InvoiceLine(
            number=number,
            text=f"Line {number}",
            worked=None if minutes is None else WorkTime.of_minutes(minutes),
            unit_price=Decimal(price or net),
            net=money(net, currency),
            dimensions=self.dimensions,
        )


def instance(url: str, **options: str) -> SystemInstance:
    return SystemInstance(
        id=ERP,
        vendor="tryton",
        role="erp",
        url=url,
        credential="erp",
        longest_request=timedelta(seconds=30),
        options=ACCOUNTS | options,
    )


def credential(password: str = PASSWORD) -> dict[str, SecretStr]:
    return {"user": SecretStr(LOGIN), "password": SecretStr(password)}


def opened(
    url: str,
    transport: httpx.AsyncBaseTransport | None = None,
    clock: Callable[[], float] = time.monotonic,
    **options: str,
) -> AbstractAsyncContextManager[Tryton]:
    return connect(instance(url, **options), credential(), clock=clock, transport=transport)


async def own_deal(erp: Tryton) -> Deal:
    """Take a client of its own as far as a project."""
    number = next(_NUMBERS)
    customer = await erp.create_customer(DEMF, client(number), CUSTOMER_CODES)
    made = await erp.create_contract(contract(number), customer)
    created = await erp.create_project(project(number), made, "TM")
    return Deal(number, customer, made, created, dimensions(number))


async def a_deal(erp: Tryton) -> Deal:
    """Return a batch and an invoice of its own on a project that tests share."""
    if not _SHARED:
        _SHARED.append(await own_deal(erp))
    return replace(_SHARED[0], number=next(_NUMBERS))


def next_number() -> int:
    return next(_NUMBERS)


def foreign(value: str | int) -> ForeignId:
    return ForeignId(system=ERP, value=str(value))


def money(amount: str, currency: str = "EUR") -> Money:
    return Money(currency=currency, amount=Decimal(amount))


def dimensions(number: int) -> FinancialDimensions:
    return FinancialDimensions(business_unit="040", project=ProjectCode(f"PR-{number:05}"))


def client(number: int, name: str = "Nordwind GmbH") -> Client:
    return Client(
        id=ClientId(f"CL-{number:05}"),
        account=ForeignId(system=SystemId("crm-main"), value="001"),
        name=name,
        address=Address(street="Weg 1", city="Ulm", postal_code="89073", country=_GERMANY),
        tax_profile=_PROFILE,
        payment_terms=PaymentTerms("NET30"),
        currency="EUR",
    )


def contract(number: int) -> Contract:
    return Contract(
        id=ContractId(f"CT-{number:05}"),
        opportunity=ForeignId(system=SystemId("crm-main"), value="006"),
        client=ClientId(f"CL-{number:05}"),
        entity=DEMF,
        name="Rollout",
        currency="EUR",
        price=money("100"),
        practice="CONSULTING",
        service_from=date(2026, 3, 1),
        service_until=date(2026, 6, 30),
        lines=(),
    )


def project(number: int) -> Project:
    return Project(
        code=ProjectCode(f"PR-{number:05}"),
        contract=ContractId(f"CT-{number:05}"),
        client=ClientId(f"CL-{number:05}"),
        entity=DEMF,
        name="Rollout",
        currency="EUR",
        starts_on=date(2026, 3, 1),
        ends_on=date(2026, 6, 30),
        dimensions=dimensions(number),
    )


class Wire(httpx.AsyncBaseTransport):
    """Lets requests through to the real server, and can do harm to the next call of a method.

    `lose` drops its answer if it was applied; `delay` keeps the request itself until
    `arrive` sends it; `before` lets something happen just before it.
    """

    def __init__(self) -> None:
        self._through = httpx.AsyncHTTPTransport()
        self._lost: list[str] = []
        self._late: list[str] = []
        self._kept: list[httpx.Request] = []
        self._before: dict[str, Callable[[], object]] = {}
        self.methods: list[str] = []

    def lose(self, method: str) -> None:
        self._lost.append(method)

    def delay(self, method: str) -> None:
        self._late.append(method)

    def before(self, method: str, happens: Callable[[], object]) -> None:
        self._before[method] = happens

    def heal(self) -> None:
        """Do no more harm, and forget what was called."""
        for each in (self._lost, self._late, self._kept, self._before, self.methods):
            each.clear()

    async def arrive(self) -> list[bytes]:
        """Let the requests arrive that were kept, and return what they are answered."""
        answers = [await self._through.handle_async_request(each) for each in self._kept]
        self._kept.clear()
        return [await answer.aread() for answer in answers]

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        method = _method(request)
        self.methods.append(method)
        self._before.pop(method, lambda: None)()
        if method in self._late:
            self._late.remove(method)
            self._kept.append(request)
            raise httpx.ReadTimeout("late", request=request)  # noqa: EM101 - as httpx does
        answer = await self._through.handle_async_request(request)
        if method in self._lost and b'"result"' in await answer.aread():
            self._lost.remove(method)
            raise httpx.ReadError("lost", request=request)  # noqa: EM101 - as httpx does
        return answer

    @override
    async def aclose(self) -> None:
        await self._through.aclose()


def _method(request: httpx.Request) -> str:
    body = request.content
    start = body.index(b'"method":"') + len(b'"method":"')
    return body[start : body.index(b'"', start)].decode()


@asynccontextmanager
async def wired(url: str) -> AsyncGenerator[tuple[Tryton, Wire], None]:
    """Open Tryton over a wire that a test can cut."""
    wire = Wire()
    async with opened(url, wire) as erp:
        yield erp, wire
