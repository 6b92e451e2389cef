"""Whole stories on real servers: what every system ends with, read back from it."""

from decimal import Decimal

import starter
from tests.scenarios import stage
from tests.scenarios.amounts import Booked, costs
from world.stage.report import DealReport, Report


def _deal(report: Report) -> DealReport:
    (deal,) = report.deals
    return deal


def _holds(report: Report) -> None:
    broken = [str(breach) for verdict in report.verdicts for breach in verdict.breaches]
    assert broken == []
    assert {verdict.law for verdict in report.verdicts} == {"L-1", "L-4", "TIE", "COST", "L-7"}
    assert all(verdict.checked for verdict in report.verdicts)


def _once_everywhere(deal: DealReport, *, invoices: int = 1) -> None:
    assert len(deal.psa_projects) == 1
    assert len(deal.erp_projects) == 1
    numbers = [invoice.number for invoice in deal.invoices]
    assert len(set(numbers)) == len(numbers) == invoices
    assert all(numbers)
    for invoice in deal.invoices:
        assert [mirror.number for mirror in invoice.crm] == [invoice.number]
        assert len(invoice.psa) == 1


async def test_o_02_hours_are_billed_at_the_rate_of_their_day(running: starter.Running) -> None:
    report = await stage.first(running, "tm-rate-change")
    deal = _deal(report)

    _holds(report)
    _once_everywhere(deal)
    (invoice,) = deal.invoices
    assert (invoice.net, invoice.currency) == (Decimal("2480.00"), "USD")
    assert [line.net for line in invoice.lines] == [Decimal("1200.00"), Decimal("1280.00")]
    assert costs(deal) == [Booked(Decimal("560.00"), Decimal("560.00"))] * 2
    assert deal.engagement == "fulfilled"


async def test_o_04_three_milestones_are_three_invoices_and_their_hours_are_covered(
    running: starter.Running,
) -> None:
    report = await stage.first(running, "milestones")
    deal = _deal(report)

    _holds(report)
    _once_everywhere(deal, invoices=3)
    nets = [invoice.net for invoice in sorted(deal.invoices, key=lambda each: each.day)]
    assert nets == [Decimal(36_000), Decimal(48_000), Decimal(36_000)]
    assert len(deal.postings) == 2
    assert deal.engagement == "fulfilled"


async def test_o_18_a_euro_contract_of_a_dollar_entity_is_owed_at_the_invoice_days_rate(
    running: starter.Running,
) -> None:
    report = await stage.first(running, "eur-contract")
    deal = _deal(report)

    _holds(report)
    _once_everywhere(deal)
    (invoice,) = deal.invoices
    assert (invoice.net, invoice.currency) == (Decimal("3000.00"), "EUR")
    assert invoice.owed_in_books == Decimal("3240.00")


async def test_hours_in_euros_cost_a_dollar_entity_the_rate_of_their_own_day(
    running: starter.Running,
) -> None:
    report = await stage.first(running, "two-rates")
    deal = _deal(report)

    _holds(report)
    _once_everywhere(deal)
    assert sorted(costs(deal)) == [
        Booked(Decimal("636.40"), Decimal("687.31")),
        Booked(Decimal("636.40"), Decimal("700.04")),
    ]
    assert sum(line.in_books for line in costs(deal)) == Decimal("1387.35")


async def test_o_20_an_eu_business_in_another_state_owes_the_tax_itself(
    running: starter.Running,
) -> None:
    report = await stage.first(running, "reverse-charge")
    deal = _deal(report)

    _holds(report)
    _once_everywhere(deal)
    (invoice,) = deal.invoices
    assert (invoice.net, invoice.tax) == (Decimal("1200.00"), Decimal(0))
    assert "Reverse charge" in invoice.lines[0].note


async def test_r_062_r_063_what_is_missing_stops_at_activation_by_name_and_resumes_when_fixed(
    running: starter.Running,
) -> None:
    report = await stage.first(running, "missing-terms")
    deal = _deal(report)

    _holds(report)
    _once_everywhere(deal)
    assert {(case.error_class, case.owner, case.is_open) for case in report.cases} == {
        ("E05", "sales_ops", False)
    }
    named = " ".join(case.text for case in report.cases)
    assert "billing schedule is missing" in named
    assert "tax profile is incomplete" in named
    assert deal.engagement == "fulfilled"


async def test_the_same_story_again_is_another_deal_of_another_client(
    running: starter.Running,
) -> None:
    first = await stage.first(running, "tm-rate-change")
    second = await stage.played(running, "tm-rate-change")

    _holds(second)
    assert second.play == first.play + 1
    assert _deal(first).crm.opportunity != _deal(second).crm.opportunity
    assert _deal(second).invoices[0].net == _deal(first).invoices[0].net


async def test_the_books_are_checked_again_after_all_that_was_played(
    running: starter.Running,
) -> None:
    await stage.first(running, "tm-rate-change")

    report = await running.theater.audit(starter.PlatformOnStage(running))

    _holds(report)


async def test_one_client_of_two_entities_is_one_client_with_a_bill_of_each(
    running: starter.Running,
) -> None:
    report = await stage.first(running, "two-entities")
    (client,) = report.clients

    _holds(report)
    for deal in report.deals:
        _once_everywhere(deal)
    assert {(one.entity, one.account) for one in client.erp} == {
        ("DEMF", client.crm.client),
        ("USMF", client.crm.client),
    }
    assert {
        deal.crm.entity: (deal.invoices[0].gross, deal.invoices[0].currency)
        for deal in report.deals
    } == {"DEMF": (Decimal("1200.00"), "EUR"), "USMF": (Decimal("1680.00"), "USD")}


async def test_a_deal_that_is_un_won_and_won_again_has_one_live_set_of_records(
    running: starter.Running,
) -> None:
    report = await stage.first(running, "won-again")
    deal = _deal(report)
    (client,) = report.clients

    _holds(report)
    _once_everywhere(deal)
    (given_up,) = deal.given_up
    assert [project.archived for project in deal.psa_projects] == [False]
    assert [project.archived for project in given_up.psa_projects] == [True]
    assert given_up.erp_projects == ()
    assert deal.invoices[0].net == Decimal("1200.00")
    assert len(client.erp) == 1
    assert (deal.engagement, deal.crm.delivery_status) == ("fulfilled", "active")


async def test_two_deals_of_one_client_won_at_the_same_moment_onboard_it_once(
    running: starter.Running,
) -> None:
    report = await stage.first(running, "two-at-once")
    (client,) = report.clients

    _holds(report)
    for deal in report.deals:
        _once_everywhere(deal)
        assert deal.engagement == "fulfilled"
    assert [one.account for one in client.erp] == [client.crm.client]
    companies = {
        found for deal in report.deals for project in deal.psa_projects for found in project.clients
    }
    assert len(companies) == 1
