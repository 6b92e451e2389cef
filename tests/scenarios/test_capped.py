"""Threshold, cap and approval on real servers, read back from the systems."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
import pytest_asyncio

import starter
from console import explanation
from store import invoices
from tests.scenarios import config, stage
from world.stage.report import Report


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def with_limits(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[starter.Running]:
    variables = config.limited(tmp_path_factory.mktemp("config"), four_eyes_above="9000000")
    with config.in_force(variables):
        async with stage.stack(tmp_path_factory.mktemp("stack")) as (found, _):
            yield found


def _holds(report: Report) -> None:
    assert [str(breach) for verdict in report.verdicts for breach in verdict.breaches] == []
    assert all(verdict.checked for verdict in report.verdicts)


def _nets(report: Report) -> list[Decimal]:
    (deal,) = report.deals
    return [each.net for each in sorted(deal.invoices, key=lambda each: each.day)]


async def test_o_03_r_060_a_threshold_bills_by_itself_and_a_cap_splits_the_last_entry(
    running: starter.Running,
) -> None:
    report = await stage.first(running, "capped")

    _holds(report)
    assert _nets(report) == [Decimal("9200.00"), Decimal("800.00")]
    (deal,) = report.deals
    assert [str(each.day) for each in deal.invoices] == ["2026-06-23", "2026-06-30"]
    (case,) = report.cases
    assert (case.error_class, case.is_open) == ("E11", True)
    assert "700.00 USD of approved work is above the cap of 10000.00 USD" in case.text
    assert deal.engagement == "active"


async def test_what_the_cap_holds_is_explained_to_the_cent(running: starter.Running) -> None:
    report = await stage.first(running, "capped")
    (deal,) = report.deals
    report_entry = max(deal.time, key=lambda each: each.day)

    found = await explanation.explain(running.database, f"psa-main:{report_entry.id}")

    assert [part["amount"] for part in found["slices"]] == ["800.00 USD", "700.00 USD"]
    assert [part["hours_shown"] for part in found["slices"]] == ["5.3333", "4.6667"]
    assert "700.00 USD held: the cap of 10000.00 USD is spent" in found["answer"]


async def test_where_the_firm_asks_for_it_a_draft_waits_until_it_is_approved(
    with_limits: starter.Running,
) -> None:
    report = await stage.played(with_limits, "capped")

    _holds(report)
    assert _nets(report) == [Decimal("9200.00"), Decimal("800.00")]
    assert {(case.error_class, case.is_open) for case in report.cases} == {
        ("E11", True),
        ("E16", False),
    }
    async with with_limits.database.reading() as tx:
        found = await invoices.references(tx, report.deals[0].invoices[0].number or "")
    assert len(found) == 1
