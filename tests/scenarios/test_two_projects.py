"""One deal with two projects: what every system ends with, by hand-worked numbers."""

from decimal import Decimal

import starter
from tests.scenarios import stage
from tests.scenarios.amounts import Booked, costs
from world.stage.report import Report


def _broken(report: Report) -> list[str]:
    return [str(breach) for verdict in report.verdicts for breach in verdict.breaches]


async def test_hours_of_one_role_have_the_price_of_their_own_project_on_one_invoice(
    running: starter.Running,
) -> None:
    """6 h at 180 are 1,080; 12.5 h at 140 are 1,750; they cost 70 an hour each."""
    report = await stage.first(running, "two-projects")
    (deal,) = report.deals
    (invoice,) = deal.invoices

    assert _broken(report) == []
    assert all(verdict.checked for verdict in report.verdicts)
    billed = [(line.quantity, line.unit_price, line.net) for line in invoice.lines]
    assert billed == [
        (Decimal(6), Decimal(180), Decimal("1080.00")),
        (Decimal("12.5"), Decimal(140), Decimal("1750.00")),
    ]
    assert invoice.net == Decimal("2830.00")
    assert sorted(costs(deal)) == [
        Booked(Decimal("175.00"), Decimal("175.00")),
        Booked(Decimal("420.00"), Decimal("420.00")),
        Booked(Decimal("700.00"), Decimal("700.00")),
    ]
    assert deal.engagement == "fulfilled"


async def test_each_project_has_its_own_code_shell_and_dimensions_under_one_contract(
    running: starter.Running,
) -> None:
    report = await stage.first(running, "two-projects")
    (deal,) = report.deals
    (invoice,) = deal.invoices
    build, design = deal.crm.project_codes

    titles = {project.code: project.title for project in deal.psa_projects}
    assert titles == {
        build: f"{build} Orchard planning: Build",
        design: f"{design} Orchard planning: Design",
    }
    assert {project.code for project in deal.erp_projects} == {build, design}
    assert len({project.contract for project in deal.erp_projects}) == 1
    dimensions = [line.dimensions.replace("\\", "") for line in invoice.lines]
    assert [told.endswith(code) for told, code in zip(dimensions, (design, build), strict=True)]
    assert [mirror.number for mirror in invoice.crm] == [invoice.number]
    assert len(invoice.psa) == 1
    assert len(invoice.psa[0].entries) == 3
