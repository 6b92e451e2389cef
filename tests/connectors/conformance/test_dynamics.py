"""Dynamics 365, by what the suite asks of every connector."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import httpx
from pydantic import SecretStr
from typing_extensions import override

from canonical.landscape import SystemInstance
from canonical.money import Money
from canonical.systems import ForeignId
from connectors.dynamics import Dynamics, connect
from connectors.ports import Erp
from tests.connectors.conformance.door import At, Door
from tests.connectors.conformance.erp import ERP, ErpSystem
from tests.connectors.conformance.erp_records import INVOICE_CODES
from tests.connectors.conformance.suite import Conformance
from tests.connectors.conformance.system import MARKER, PATIENCE, Connector, Given, Throttle, Write
from tests.world.dynamics import firm
from tests.world.dynamics.firm import CLIENT, TENANT, Firm

_AREA = "demf"
_SETS = {  # what is counted: set, and the field that holds our key
    "customers": ("CustomersV3", "CustomerAccount"),
    "contracts": ("ProjectContracts", "ProjectContractID"),
    "projects": ("ProjectsV2", "ProjectId"),
    "journals": ("JournalTables", "Description"),
    "journal": ("JournalTables", "JournalBatchNumber"),
    "journal lines": ("JournalTrans", "JournalId"),
    "invoices": ("FreeTextInvoiceHeaders", "ExternalInvoiceId"),
    "invoice": ("FreeTextInvoiceHeaders", "InvoiceIdentifier"),
    "invoice lines": ("FreeTextInvoiceLines", "ParentRecId"),
}
_POSTINGS = {  # what is logged when it is posted, and the member that names the document
    "journal postings": ("hour_journal.posted", "journalId"),
    "invoice postings": ("free_text_invoice.posted", "invoiceId"),
}
_HOURS_DECIMALS = 8
_BUSY = f'{{"error": {{"code": "", "message": "{MARKER}: retry after 11 seconds"}}}}'
_JSON = {"Content-Type": "application/json"}


class DynamicsSystem(ErpSystem):
    """One environment of the sandbox."""

    vendor = "dynamics"
    requests: ClassVar[Mapping[str, At]] = {
        "create_customer": At("POST", "/data/CustomersV3"),
        "create_contract": At("POST", r"/data/\$batch", "ProjectContracts"),
        "create_project": At("POST", "/data/ProjectsV2"),
        "close_contract": At("DELETE", "/data/ProjectContracts"),
        "close_project": At("DELETE", "/data/ProjectsV2"),
        "create_journal": At("POST", "/data/JournalTables"),
        "fill_journal": At("POST", r"/data/\$batch", "JournalTrans"),
        "discard_journal": At("DELETE", "/data/JournalTables"),
        "post_journal": At("POST", "/postHourJournal"),
        "create_invoice": At("POST", "/data/FreeTextInvoiceHeaders"),
        "fill_invoice": At("POST", r"/data/\$batch", "FreeTextInvoiceLines"),
        "discard_invoice": At("DELETE", "/data/FreeTextInvoiceHeaders"),
        "post_invoice": At("POST", "/postFreeTextInvoice"),
        "find_customers": At("GET", "/data/CustomersV3"),
        "customer": At("GET", "/data/CustomersV3"),
        "customers_by_tax_id": At("GET", "/data/CustomersV3"),
        "find_contracts": At("GET", "/data/ProjectContracts"),
        "find_projects": At("GET", "/data/ProjectsV2"),
        "find_journals": At("GET", "/data/JournalTables"),
        "holds_journal_lines": At("GET", "/data/JournalTrans"),
        "find_invoices": At("GET", "/data/FreeTextInvoiceHeaders"),
        "holds_invoice_lines": At("GET", "/data/FreeTextInvoiceLines"),
        "invoice_status": At("GET", r"/data/FreeTextInvoiceHeaders\("),
    }
    paged = (
        *("customer", "customers_by_tax_id"),
        *("find_journals", "holds_journal_lines", "find_invoices", "holds_invoice_lines"),
    )
    loops: ClassVar[Mapping[str, str]] = {
        "pattern": '"value":',
        "text": '"@odata.nextLink":"?$skiptoken={hit}","value":',
    }
    batches = ("fill_journal", "fill_invoice")
    keyed = (
        *("create_customer", "create_contract", "create_project"),
        *("fill_journal", "fill_invoice"),
    )
    quick = (
        *("create_customer", "create_journal", "fill_journal", "discard_journal"),
        *("find_customers", "find_invoices", "invoice_status"),
    )
    apart: ClassVar[Mapping[str, str]] = {
        "pages_that_shrink_lose_no_row_unnoticed": "the server says where the next page starts",
        "the_longest_text_is_kept_whole_and_a_longer_one_refused": (
            "its limits of texts are not known to us"
        ),
    }
    switches: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "stale_if_match_status": (0, 409),
        "posting_refusal_status": (500,),
        "cost_price_currency": ("accounting",),
        "tax_rounding": ("document",),
        "package_execution_reused": ("returned",),
        "payment_event": ("PaymentPostedBusinessEvent",),
        "payment_event_account": ("AccountNum",),
        "throttle_requests": (100_000,),
        "throttle_execution_seconds": (100_000,),
        "throttle_concurrent": (52,),
        "throttle_window_seconds": (60,),
    }
    amounts = (
        *(("EUR", "0.01"), ("EUR", "0"), ("USD", "-2480.99"), ("USD", "99999999999.99")),
        *(("JPY", "1"), ("JPY", "123456789012"), ("BHD", "0.001"), ("BHD", "-12345.678")),
    )

    def __init__(self, door: Door) -> None:
        super().__init__(door)
        self._firm = Firm(httpx.AsyncClient(base_url=door.url, trust_env=False))

    @override
    @classmethod
    def serve(cls, given: Given) -> str:
        return str(given("start_server")("world.sandboxes", "dynamics"))

    @override
    async def found_firm(self) -> None:
        await firm.set_up(self._firm)
        await self._firm.settings(hours_decimals=_HOURS_DECIMALS)
        for code in ("JPY", "BHD"):
            await self._firm.create("Currencies", CurrencyCode=code)
        unit = {"FinancialDimension": "BusinessUnit", "DimensionValue": "040"}
        await self._firm.create("FinancialDimensionValues", **unit)
        await self._firm.create("ProjectTransactionCategories", CategoryId="CONS")
        person = {"ResourceId": "000201", "ResourceCompanyId": _AREA, "Name": "Kim"}
        await self._firm.create("ProjectResources", **person)

    @override
    async def close(self) -> None:
        await self._firm.http.aclose()

    @override
    def opened(
        self,
        credential: Mapping[str, SecretStr] | None = None,
        *,
        url: str | None = None,
        patience: timedelta = PATIENCE,
    ) -> AbstractAsyncContextManager[Dynamics]:
        address = url or self.door.url
        instance = SystemInstance(
            id=ERP,
            vendor=self.vendor,
            role="erp",
            url=address,
            credential="erp",
            longest_request=patience,
            hours_decimals=_HOURS_DECIMALS,
            options={"token_url": f"{address}/{TENANT}/oauth2/v2.0/token"},
        )
        return connect(instance, credential or self.credential(), transport=self.network())

    @override
    def credential(self) -> Mapping[str, SecretStr]:
        return {name: SecretStr(CLIENT[name]) for name in ("client_id", "client_secret")}

    @override
    def refused_credential(self) -> Mapping[str, SecretStr]:
        return {**self.credential(), "client_secret": SecretStr("a-secret-that-was-rolled")}

    @override
    async def end_sessions(self) -> None:
        self.door.advance(timedelta(hours=2))
        await self._firm.sign_in()

    @override
    def throttles(self) -> Mapping[str, Throttle]:
        text = {"do": "status", "status": 429, "headers": _JSON, "text": _BUSY}
        return {
            "429 of a busy server": Throttle(
                settings={"throttle_resource_retry_after": 9}, wait=timedelta(seconds=9)
            ),
            "429 with the seconds in its text": Throttle(fault=text, wait=timedelta(seconds=11)),
        }

    @override
    async def held(self, what: str, key: str) -> int:
        if what in _POSTINGS:
            operation, member = _POSTINGS[what]
            return sum(str(each[member]) == key for each in self.door.log(operation))
        entity, field = _SETS[what]
        is_number = field in ("InvoiceIdentifier", "ParentRecId")
        literal = key if is_number else f"'{key}'"
        return len(
            await self._firm.rows(entity, f"dataAreaId eq '{_AREA}' and {field} eq {literal}")
        )

    @override
    async def closed(self, what: str, key: str) -> int:
        field = {"projects": "ProjectId", "contracts": "ProjectContractId"}[what]
        projects = await self._firm.rows("ProjectsV2", f"{field} eq '{key}'")
        if projects and all(row["ProjectStage"] == "Completed" for row in projects):
            return 1
        return await super().closed(what, key)

    @override
    async def invoice_row(self, draft: ForeignId) -> tuple[Money, date, str]:
        (header,) = await self._firm.rows(
            "FreeTextInvoiceHeaders", f"InvoiceIdentifier eq {draft.value}"
        )
        (line, *more) = await self._firm.rows(
            "FreeTextInvoiceLines", f"ParentRecId eq {draft.value}"
        )
        net = sum((each["TransactionCurrencyAmount"] for each in (line, *more)), Decimal(0))
        day = date.fromisoformat(header["InvoiceDate"][:10])
        return Money(currency=header["CurrencyCode"], amount=net), day, str(line["Description"])

    @override
    async def partly_refused(self, name: str, connector: Connector) -> Write:
        deal = self.home.another()
        if name == "fill_journal":
            good, bad = deal.batch.lines
            lines = (good, bad.model_copy(update={"resource": "NOBODY"}))
            batch = deal.batch.model_copy(update={"lines": lines})
            journal = await connector.create_journal(batch.entity, batch.id)
            return self._partly(
                name, lambda erp: erp.fill_journal(journal, batch), "journal lines", journal
            )
        invoice = deal.invoice()
        codes = INVOICE_CODES.model_copy(update={"tax_group": "NONE"})
        draft = await connector.create_invoice(invoice, self.payer, INVOICE_CODES)
        return self._partly(
            name, lambda erp: erp.fill_invoice(draft, invoice, codes), "invoice lines", draft
        )

    def _partly(
        self, name: str, send: Callable[[Erp], Any], what: str, document: ForeignId
    ) -> Write:
        return self._write(name, send, self._counts(what, document.value))


class TestDynamics(Conformance):
    """Every case, against Dynamics 365."""

    system_kind = DynamicsSystem
