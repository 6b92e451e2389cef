"""Customers that the books had before us, through the whole stack: adopted, billed, left alone."""

from datetime import date
from decimal import Decimal

import starter
from tests.scenarios import stage

_DAY_30 = date(2026, 6, 30)  # of their own Net30, from the end of May


async def _are_billed_as_they_were(running: starter.Running) -> None:
    report = await stage.first(running, "existing-customers")

    assert report.holds, [verdict.breaches for verdict in report.verdicts]
    assert not report.cases
    numbers = [[(one.entity, one.account) for one in client.erp] for client in report.clients]
    assert numbers == [[("USMF", "K-10042")], [("DEMF", "D-2007")]]
    assert [client.crm.erp_customer for client in report.clients] == ["K-10042", "D-2007"]
    for deal, net in zip(report.deals, ("1200.00", "720.00"), strict=True):
        (invoice,) = deal.invoices
        assert (invoice.net, deal.engagement) == (Decimal(net), "fulfilled")
        assert invoice.due == _DAY_30


async def test_clients_whom_the_firm_knew_are_billed_under_the_numbers_and_terms_that_they_had(
    running: starter.Running,
) -> None:
    await _are_billed_as_they_were(running)


async def test_in_tryton_too_they_are_billed_under_the_numbers_and_terms_that_they_had(
    on_tryton: starter.Running,
) -> None:
    await _are_billed_as_they_were(on_tryton)
