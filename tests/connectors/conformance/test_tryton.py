"""Tryton, by what the suite asks of every connector: the real server, behind a proxy for faults."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from pydantic import SecretStr
from typing_extensions import override

from canonical.landscape import SystemInstance
from canonical.money import Money
from canonical.systems import ForeignId
from connectors.ports import Erp
from connectors.tryton import Tryton, connect
from tests.connectors.conformance.door import At
from tests.connectors.conformance.erp import ERP, ErpSystem
from tests.connectors.conformance.erp_records import DAY, ENTITY, INVOICE_CODES
from tests.connectors.conformance.suite import Conformance
from tests.connectors.conformance.system import (
    MARKER,
    PATIENCE,
    Connector,
    Given,
    Read,
    Throttle,
    Write,
)
from tests.connectors.tryton.firm import LOGIN, PASSWORD, Firm
from tests.connectors.tryton.house import ACCOUNTS

_JSON = {"Content-Type": "application/json"}
_MET = f'{{"id": 1, "error": ["ConcurrencyException", "{MARKER}"]}}'
_RATE = f'{{"id": 1, "error": ["RateLimitException", "{MARKER}"]}}'


def _calls(method: str) -> At:
    return At("POST", "/rpc/", f'"method":"[a-z.]*{method}"')


class TrytonSystem(ErpSystem):
    """The one real server of these tests, over the proxy."""

    vendor = "tryton"
    requests: ClassVar[Mapping[str, At]] = {
        "create_customer": _calls("party.party.create"),
        "create_contract": _calls("project.work.create"),
        "create_project": _calls("project.work.write"),
        "close_contract": _calls("project.work.delete"),
        "close_project": _calls("project.work.delete"),
        "create_journal": _calls("account.move.create"),
        "fill_journal": _calls("account.move.write"),
        "discard_journal": _calls("account.move.delete"),
        "post_journal": _calls("account.move.post"),
        "create_invoice": _calls("account.invoice.create"),
        "discard_invoice": _calls("account.invoice.delete"),
        "post_invoice": _calls("account.invoice.post"),
        "credit_invoice": _calls("account.invoice.credit.execute"),
        "fill_invoice": _calls("account.invoice.line.search_read"),
        "find_customers": _calls("party.party.search_read"),
        "customer": _calls("party.party.search_read"),
        "customers_by_tax_id": _calls("party.party.search_read"),
        "find_contracts": _calls("project.work.search_read"),
        "find_projects": _calls("project.work.search_read"),
        "find_journals": _calls("account.move.search_read"),
        "holds_journal_lines": _calls("account.move.line.search_read"),
        "find_invoices": _calls("account.invoice.search_read"),
        "holds_invoice_lines": _calls("account.invoice.line.search_read"),
        "invoice_status": _calls("account.invoice.search_read"),
    }
    by_id = ("invoice_status", "fill_invoice")
    looks = ("fill_invoice",)
    batches = ("create_invoice",)
    days = (date(2024, 2, 29), date(2026, 12, 31))
    hasty = timedelta(seconds=3)  # a login is slow on purpose
    keyed = ("create_customer", "fill_journal")
    quick = (
        *("create_customer", "create_journal", "fill_journal"),
        *("find_customers", "invoice_status"),
    )
    apart: ClassVar[Mapping[str, str]] = dict.fromkeys(
        (
            "a_page_that_comes_again_is_drifted",
            "pages_that_never_end_are_given_up",
            "pages_that_shrink_lose_no_row_unnoticed",
        ),
        "it answers all that fits at once",
    ) | {
        "every_operation_works_when_every_unverified_fact_is_otherwise": "it is the real system",
        "reads_answer_whatever_an_unverified_fact_is": "it is the real system",
        "writes_end_as_one_whatever_an_unverified_fact_is": "it is the real system",
        "the_longest_text_is_kept_whole_and_a_longer_one_refused": "it keeps texts of any length",
    }
    amounts = (
        *(("EUR", "0.01"), ("EUR", "0"), ("USD", "-2480.99"), ("USD", "99999999999.99")),
        *(("JPY", "1"), ("JPY", "123456789012"), ("BHD", "0.001"), ("BHD", "-12345.678")),
    )

    @override
    @classmethod
    def serve(cls, given: Given) -> str:
        cls.admin = given("firm")
        url = given("house").url
        return str(given("start_server")("tests.connectors.conformance.proxy", url))

    admin: Firm

    @override
    async def close(self) -> None:
        """Leave the firm to the tests that share it."""

    @override
    async def found_firm(self) -> None:
        for code, digits in (("JPY", 0), ("BHD", 3)):
            rounding = Decimal(1).scaleb(-digits)
            self.admin.create(
                "currency.currency", name=code, code=code, digits=digits, rounding=rounding
            )

    @override
    def opened(
        self,
        credential: Mapping[str, SecretStr] | None = None,
        *,
        url: str | None = None,
        patience: timedelta = PATIENCE,
    ) -> AbstractAsyncContextManager[Tryton]:
        instance = SystemInstance(
            id=ERP,
            vendor=self.vendor,
            role="erp",
            url=url or self.door.url,
            credential="erp",
            longest_request=patience,
            options=ACCOUNTS,
        )
        return connect(instance, credential or self.credential(), transport=self.network())

    @override
    def credential(self) -> Mapping[str, SecretStr]:
        return {"user": SecretStr(LOGIN), "password": SecretStr(PASSWORD)}

    @override
    def refused_credential(self) -> Mapping[str, SecretStr]:
        return {"user": SecretStr("nobody"), "password": SecretStr("a-password-of-nobody")}

    @override
    async def end_sessions(self) -> None:
        self.admin.end_sessions(LOGIN)

    @override
    def throttles(self) -> Mapping[str, Throttle]:
        return {
            name: Throttle(fault={"do": "status", "status": 200, "headers": _JSON, "text": text})
            for name, text in (("200 of two that met", _MET), ("200 of its rate limit", _RATE))
        }

    @override
    async def fill_invoice(self, erp: Erp) -> Read:
        invoice, draft = await self.draft(erp)
        nothing = ForeignId(system=ERP, value="999999")
        return self._read(
            "fill_invoice",
            lambda found: found.fill_invoice(draft, invoice, INVOICE_CODES),
            lambda found: found.fill_invoice(nothing, invoice, INVOICE_CODES),
        )

    async def credit_invoice(self, erp: Tryton) -> Write:
        _, draft = await self.draft(erp)
        await erp.post_invoice(ENTITY, draft)

        async def credited() -> int:
            where = [["origin_invoices", "=", int(draft.value)], ["state", "!=", "cancelled"]]
            return len(self.admin.rows("account.invoice", where, "id"))

        return self._write(
            "credit_invoice",
            lambda found: found.credit_invoice(ENTITY, draft, DAY),
            credited,
        )

    @override
    async def held(self, what: str, key: str) -> int:
        model, where = _HELD[what]
        wanted: list[Any] = []
        for name, op, value in where:
            told = value.format(key=key)
            wanted.append([name, op, int(told) if name in ("id", "move") else told])
        return len(self.admin.rows(model, wanted, "id"))

    @override
    async def invoice_row(self, draft: ForeignId) -> tuple[Money, date, str]:
        found = self.admin.rows(
            "account.invoice",
            [["id", "=", int(draft.value)]],
            *("untaxed_amount", "invoice_date", "currency.code"),
        )
        lines = self.admin.rows(
            "account.invoice.line", [["invoice", "=", int(draft.value)]], "description"
        )
        (row,) = found
        code = row["currency."]["code"]
        net = Money(currency=code, amount=row["untaxed_amount"])
        return net, row["invoice_date"], str(lines[0]["description"])

    @override
    async def partly_refused(self, name: str, connector: Connector) -> Write:
        invoice = self.home.another().invoice()
        good, bad = invoice.lines
        nowhere = bad.dimensions.model_copy(update={"project": "PR-NONE"})
        lines = (good, bad.model_copy(update={"dimensions": nowhere}))
        return self._drafts(invoice.model_copy(update={"lines": lines}))


_HELD: dict[str, tuple[str, list[tuple[str, str, str]]]] = {
    "customers": ("party.party", [("code", "=", "{key}")]),
    "contracts": ("project.work", [("name", "like", "{key} %")]),
    "projects": ("project.work", [("name", "like", "{key} %")]),
    "journals": ("account.move", [("description", "=", "{key}")]),
    "journal": ("account.move", [("id", "=", "{key}")]),
    "journal lines": (
        "account.move.line",
        [("move", "=", "{key}"), ("account.code", "=", ACCOUNTS["cost_account"])],
    ),
    "journal postings": ("account.move", [("id", "=", "{key}"), ("state", "=", "posted")]),
    "invoices": ("account.invoice", [("reference", "=", "{key}")]),
    "invoice": ("account.invoice", [("id", "=", "{key}")]),
    "invoice postings": ("account.invoice", [("id", "=", "{key}"), ("state", "=", "posted")]),
}


@pytest.mark.prove  # a real server takes its time
class TestTryton(Conformance):
    """Every case, against Tryton."""

    system_kind = TrytonSystem
