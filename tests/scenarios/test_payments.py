"""What finance does in the ERP after an invoice is issued comes back by itself."""

from decimal import Decimal

import httpx

import starter
from tests.scenarios import stage
from tests.workflows.waiting import until
from world.stage import dynamics_api, dynamics_firm, loader

_BANK = "110110"


async def test_a_payment_in_the_erp_is_seen_in_the_crm(running: starter.Running) -> None:
    report = await stage.first(running, "tm-rate-change")
    (invoice,) = report.deals[0].invoices
    (mirror,) = invoice.crm
    mine = invoice.number, invoice.lines
    theater = running.theater
    (erp,) = theater.urls.erps
    async with (
        dynamics_api.connect(erp.url, theater.keys, None) as environment,
        httpx.AsyncClient(base_url=erp.url, trust_env=False) as finance,
    ):
        account = {"ChartOfAccounts": "Shared", "MainAccountId": _BANK, "Name": "Bank"}
        await environment.create("MainAccounts", account)
        company = dynamics_firm.company("USMF", loader.shipped_firm())
        company["accounts"]["bank"] = _BANK
        await environment.set_company(company)
        paid = {
            "dataAreaId": "USMF",
            "invoice": invoice.number,
            "amount": "2000.00",
            "date": str(invoice.day),
        }

        answer = await finance.post("/_admin/payments", json=paid)

        assert answer.is_success, answer.text
        assert mirror.balance == Decimal(2480)

        async def told() -> bool:
            audited = await theater.audit(starter.PlatformOnStage(running))
            seen = [each for deal in audited.deals for each in deal.invoices]
            # Another company may have given the same number.
            again = [each for each in seen if (each.number, each.lines) == mine]
            return [each.crm[0].balance for each in again] == [Decimal(480)]

        await until(told)
        undelivered = (await finance.get("/_admin/business_events")).json()
    assert undelivered == []
