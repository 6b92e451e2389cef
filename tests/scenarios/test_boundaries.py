"""F1: a worker killed with SIGKILL at every side-effect boundary changes nothing (I1, I5, I9)."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from activities.effects import Kind, Point
from tests import tryton_server
from tests.scenarios import stage
from tests.scenarios.amounts import Booked, costs
from world.stage.report import Report

_MILESTONES_ONLY = {Kind.MILESTONE_PSA}
_COMPENSATION_ONLY = {
    *(Kind.PROJECT_PSA_ARCHIVE, Kind.PROJECT_ERP_CLOSE, Kind.CONTRACT_ERP_CLOSE),
}
_REPLACEMENT_ONLY = {Kind.INVOICE_DISCARD}  # of a draft that changed: see test_replaced_drafts
TO_THE_ERP = [
    *(Kind.CLIENT_ERP, Kind.CONTRACT_ERP, Kind.PROJECT_ERP),
    *(Kind.JOURNAL_DRAFT, Kind.JOURNAL_LINES, Kind.JOURNAL_POST),
    *(Kind.INVOICE_DRAFT, Kind.INVOICE_LINES, Kind.INVOICE_POST),
]
_ELSEWHERE = _MILESTONES_ONLY | _COMPENSATION_ONLY | _REPLACEMENT_ONLY
TIME_AND_MATERIALS = [kind for kind in Kind if kind not in _ELSEWHERE]


@dataclass(frozen=True)
class Plot:
    """Where the worker is to die: once at each of these boundaries, at this point of it."""

    kinds: list[Kind]
    point: Point
    erp: str | None = None


async def _killed(
    scenario: str, plot: Plot, folder: Path, patch: pytest.MonkeyPatch
) -> tuple[Report, list[str]]:
    """Play with a worker that dies once at each boundary; return what it never reached."""
    armed = folder / "failpoints"
    armed.write_text("\n".join(f"{kind.value}:{plot.point.value}" for kind in plot.kinds))
    patch.setenv("TIEBEAM_FAILPOINT", str(armed))
    async with stage.stack(folder / "state", erp=plot.erp) as (running, _):
        report = await stage.played(running, scenario)
    return report, armed.read_text().split()


def assert_exactly_one_of_everything(report: Report) -> None:
    (deal,) = report.deals
    assert [str(breach) for law in report.verdicts for breach in law.breaches] == []
    assert [len(client.erp) for client in report.clients] == [1]
    assert [len(project.clients) for project in deal.psa_projects] == [1]
    assert len(deal.erp_projects) == 1
    assert len({posting.entry for posting in deal.postings}) == len(deal.postings) == 2
    assert costs(deal) == [Booked(Decimal("560.00"), Decimal("560.00"))] * 2  # 1120.00, once
    (invoice,) = deal.invoices
    assert invoice.net == Decimal("2480.00")
    assert [mirror.number for mirror in invoice.crm] == [invoice.number]
    assert len(invoice.psa) == 1
    assert report.cases == ()


async def test_a_worker_killed_between_every_commit_and_its_answer_leaves_exactly_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plot = Plot(TIME_AND_MATERIALS, Point.ANSWERED)
    report, unreached = await _killed("tm-rate-change", plot, tmp_path, monkeypatch)

    assert unreached == []
    assert_exactly_one_of_everything(report)


@pytest.mark.prove
@pytest.mark.parametrize("point", [Point.PLANNED, Point.SENT, Point.CONFIRMED])
async def test_a_worker_killed_at_every_other_point_leaves_exactly_one(
    point: Point, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plot = Plot(TIME_AND_MATERIALS, point)
    report, unreached = await _killed("tm-rate-change", plot, tmp_path, monkeypatch)

    assert unreached == []
    assert_exactly_one_of_everything(report)


@pytest.mark.prove
@pytest.mark.parametrize("point", list(Point))
async def test_a_worker_killed_at_every_write_to_a_real_erp_leaves_exactly_one(
    point: Point, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tryton_server.required()
    plot = Plot(TO_THE_ERP, point, erp="tryton")
    report, unreached = await _killed("tm-rate-change", plot, tmp_path, monkeypatch)

    assert unreached == []
    assert_exactly_one_of_everything(report)


@pytest.mark.prove
@pytest.mark.parametrize("point", list(Point))
async def test_a_worker_killed_while_an_un_won_deal_is_closed_leaves_one_live_set(
    point: Point, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plot = Plot(sorted(_COMPENSATION_ONLY), point)
    report, unreached = await _killed("won-again", plot, tmp_path, monkeypatch)

    assert unreached == []
    (deal,) = report.deals
    (given_up,) = deal.given_up
    assert [project.archived for project in given_up.psa_projects] == [True]
    assert given_up.erp_projects == ()
    assert len(deal.psa_projects) == len(deal.erp_projects) == len(deal.invoices) == 1
    assert [str(breach) for law in report.verdicts for breach in law.breaches] == []


@pytest.mark.prove
@pytest.mark.parametrize("point", list(Point))
async def test_a_worker_killed_while_milestones_are_opened_leaves_each_once(
    point: Point, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plot = Plot([Kind.MILESTONE_PSA], point)
    report, unreached = await _killed("milestones", plot, tmp_path, monkeypatch)

    assert unreached == []
    (deal,) = report.deals
    assert len(deal.milestones) == len(deal.invoices) == 3
    assert [str(breach) for law in report.verdicts for breach in law.breaches] == []
