"""One landscape, an ERP for each company, and one that was bought with its own (R-041)."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
import pytest_asyncio

import starter
from tests import tryton_server
from tests.architecture.trees import OURS, ROOT, ROOTS, sources
from tests.scenarios import config, stage
from world.stage.report import Report


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def side_by_side(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[starter.Running]:
    tryton_server.required()
    variables = config.write(tmp_path_factory.mktemp("config"))
    with config.in_force(variables):
        async with stage.stack(tmp_path_factory.mktemp("stack")) as (found, _):
            yield found


def _holds(report: Report) -> None:
    assert [str(breach) for verdict in report.verdicts for breach in verdict.breaches] == []
    assert all(verdict.checked for verdict in report.verdicts)


async def test_one_client_is_billed_by_two_companies_from_two_erps(
    side_by_side: starter.Running,
) -> None:
    report = await stage.played(side_by_side, "two-entities")
    (client,) = report.clients
    erps = {str(entity): routes.erp for entity, routes in side_by_side.landscape.routes.items()}

    _holds(report)
    assert (erps["USMF"], erps["DEMF"]) == ("erp-main", config.SECOND)
    assert {(one.entity, one.name) for one in client.erp} == {
        ("DEMF", client.crm.name),
        ("USMF", client.crm.name),
    }
    assert {
        deal.crm.entity: [(each.gross, each.currency) for each in deal.invoices]
        for deal in report.deals
    } == {"DEMF": [(Decimal("1200.00"), "EUR")], "USMF": [(Decimal("1680.00"), "USD")]}


async def test_a_company_that_was_bought_joins_with_its_own_erp_by_configuration_alone(
    side_by_side: starter.Running, tmp_path: Path
) -> None:
    report = await stage.played(side_by_side, str(config.story(tmp_path)))

    _holds(report)
    (deal,) = report.deals
    (invoice,) = deal.invoices
    assert (deal.crm.entity, invoice.currency) == (config.COMPANY, "GBP")
    assert (invoice.net, invoice.tax, invoice.gross) == (
        Decimal("800.00"),
        Decimal("160.00"),
        Decimal("960.00"),
    )
    assert deal.engagement == "fulfilled"
    code = "".join(path.read_text() for path in [*sources(*OURS), *(ROOT / name for name in ROOTS)])
    assert not [word for word in (config.COMPANY, config.ACQUIRED, "Cairn") if word in code]
