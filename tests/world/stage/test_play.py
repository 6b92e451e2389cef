"""Whole stories against the three sandboxes, with a clerk in the platform's place."""

from collections.abc import Collection
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest

from tests.world.stage import clerk
from tests.world.stage.conftest import Stack
from world.stage import loader, tax_ids
from world.stage.calls import StageError
from world.stage.loader import Script
from world.stage.play import Line, Played, play
from world.stage.report import InvoiceReport, Report

_IMPATIENT = timedelta(seconds=1)


async def _play(
    stack: Stack,
    script: Script,
    *,
    habits: Collection[str] = (),
    patience: timedelta = timedelta(seconds=20),
    lines: list[Line] | None = None,
) -> Played:
    heard = [] if lines is None else lines
    at_work = clerk.at_work(stack.urls, stack.keys, script.firm, stack.mail, habits)
    async with at_work as platform:
        return await play(script, stack.urls, stack.keys, platform, heard.append, patience=patience)


async def _report(stack: Stack, name: str) -> Report:
    if name not in stack.played:
        stack.played[name] = await _play(stack, _shipped(name))
    return stack.played[name].report


def _shipped(name: str) -> Script:
    return loader.load(loader.find(name))


def _changed(folder: Path, name: str, *changes: tuple[str, str]) -> Script:
    text = loader.find(name).read_text(encoding="utf-8")
    for there, instead in changes:
        assert text.count(there) == 1
        text = text.replace(there, instead)
    firm = loader.find(name).with_name("firm.yaml")
    (folder / "firm.yaml").write_bytes(firm.read_bytes())
    (folder / "story.yaml").write_text(text, encoding="utf-8")
    return loader.load(folder / "story.yaml")


def _invoices(report: Report) -> list[InvoiceReport]:
    return [invoice for deal in report.deals for invoice in deal.invoices]


def _broken(report: Report) -> list[str]:
    return [verdict.law for verdict in report.verdicts if not verdict.holds]


@pytest.mark.parametrize(
    ("name", "invoices"),
    [
        ("tm-rate-change", ["2480.00 + 0.00 USD = 2480.00 on 2026-07-31"]),
        (
            "milestones",
            [
                "36000.00 + 0.00 USD = 36000.00 on 2026-03-27",
                "48000.00 + 0.00 USD = 48000.00 on 2026-05-13",
                "36000.00 + 0.00 USD = 36000.00 on 2026-06-29",
            ],
        ),
        ("eur-contract", ["3000.00 + 0.00 EUR = 3240.00 on 2026-06-30"]),
        ("two-rates", ["3000.00 + 0.00 EUR = 3240.00 on 2026-07-31"]),
        ("reverse-charge", ["1200.00 + 0.00 EUR = 1200.00 on 2026-05-31"]),
        ("missing-terms", ["660.00 + 0.00 EUR = 660.00 on 2026-09-30"]),
    ],
)
async def test_a_shipped_scenario_ends_with_its_invoices_and_every_law_holds(
    stack: Stack, name: str, invoices: list[str]
) -> None:
    report = await _report(stack, name)

    assert report.scenario == name
    assert [
        f"{one.net} + {one.tax} {one.currency} = {one.owed_in_books} on {one.day}"
        for one in _invoices(report)
    ] == invoices
    assert report.holds, _broken(report)
    assert all(verdict.checked for verdict in report.verdicts)


async def test_the_report_fits_its_schema_and_tells_what_every_system_has(stack: Stack) -> None:
    report = await _report(stack, "reverse-charge")

    schema = Report.model_json_schema(mode="serialization")
    jsonschema.validate(report.model_dump(mode="json"), schema)
    (client,), (deal,) = report.clients, report.deals
    assert client.erp[0].account == client.crm.erp_customer
    tax_id = tax_ids.of_play("FR40303265045", report.play)
    assert (client.erp[0].tax_group, client.erp[0].tax_id) == ("RC", tax_id)
    assert deal.psa_projects[0].clients[0].name == client.crm.name
    assert deal.psa_projects[0].code == deal.erp_projects[0].code == deal.crm.project_code
    assert (deal.time[0].person, deal.time[0].minutes) == ("Lena Vogt", 600)
    assert str(deal.postings[0].hours) == "10"
    assert (str(deal.postings[0].cost_price), str(deal.postings[0].cost)) == ("60.00", "600.00")
    (line,) = deal.invoices[0].lines
    assert line.note == "Reverse charge"
    assert [part.source for part in line.slices] == [f"psa-main:{deal.time[0].id}"]
    vouchers = {entry.voucher for entry in deal.ledger}
    assert vouchers == {deal.postings[0].voucher, deal.invoices[0].voucher}


async def test_costs_in_the_report_are_those_of_the_work_date(stack: Stack) -> None:
    (deal,) = (await _report(stack, "milestones")).deals

    costs = [line for entry in deal.ledger for line in entry.lines if line.kind == "ProjCost"]
    assert {line.amount for line in costs} == {Decimal("525.00"), Decimal("466.67")}
    assert {milestone.state for milestone in deal.milestones} == {"completed"}


async def test_a_deal_that_stopped_tells_why_in_its_cases(stack: Stack) -> None:
    report = await _report(stack, "missing-terms")

    assert {(case.text, case.is_open) for case in report.cases} == {
        ("tax profile is incomplete", False),
        ("billing schedule is missing", False),
    }


async def test_a_second_play_has_names_and_a_report_of_its_own(stack: Stack) -> None:
    await _report(stack, "tm-rate-change")
    earlier = stack.played["tm-rate-change"]

    later = await _play(stack, _shipped("tm-rate-change"))

    assert later.report.play > earlier.report.play
    assert later.report.clients[0].crm.name == f"Harbor Freight Lines ({later.report.play})"
    assert later.opportunities.keys() == earlier.opportunities.keys() == {"rollout"}
    assert later.opportunities["rollout"] != earlier.opportunities["rollout"]
    assert len(_invoices(later.report)) == 1
    assert later.report.holds


async def test_every_line_is_told_before_and_after(stack: Stack) -> None:
    lines: list[Line] = []

    await _play(stack, _shipped("reverse-charge"), lines=lines)

    assert [(line.number, line.is_done) for line in lines] == [
        (number, is_done) for number in (1, 2, 3, 4) for is_done in (False, True)
    ]
    assert {line.total for line in lines} == {4}
    assert lines[2].day == date(2026, 5, 11)
    assert lines[2].text == "lena works 600 minutes on rollout"


@pytest.mark.parametrize(
    ("habit", "says", "broken"),
    [
        (clerk.BILLS_TWICE, "is posted 2 times", ["L-1", "TIE"]),
        (clerk.COSTS_TWICE, "is costed 2 times", ["L-1", "COST"]),
    ],
)
async def test_what_is_done_twice_breaks_the_first_law(
    stack: Stack, habit: str, says: str, broken: list[str]
) -> None:
    report = (await _play(stack, _shipped("reverse-charge"), habits=[habit])).report

    assert _broken(report) == broken
    assert says in report.verdicts[0].breaches[0].text


async def test_a_platform_that_forgets_a_message_never_comes_to_rest(stack: Stack) -> None:
    script = _shipped("reverse-charge")

    with pytest.raises(
        StageError,
        match=r"line 3 of 4 \(2026-05-12, pat approves the time on rollout\): nothing came to"
        r" rest within 1 s: the platform has not dealt with \d+ about TimesheetSubmission",
    ):
        await _play(stack, script, habits=[clerk.FORGETS_MESSAGES], patience=_IMPATIENT)


async def test_work_on_a_deal_that_stopped_names_its_cases(stack: Stack, tmp_path: Path) -> None:
    repair = "  - {on: 2026-09-03, change_deal: rollout, set: {billing_frequency: monthly}}\n"
    script = _changed(tmp_path, "missing-terms", (repair, ""))

    with pytest.raises(StageError, match=r"has 0 projects .*: billing schedule is missing"):
        await _play(stack, script)


async def test_approval_without_any_time_is_refused(stack: Stack, tmp_path: Path) -> None:
    worked = "work: rollout, who: lena, hours: 10, note: Review of the data model"
    script = _changed(tmp_path, "reverse-charge", (worked, "change_deal: rollout"))

    with pytest.raises(StageError, match="there is no open time to approve"):
        await _play(stack, script)


async def test_a_schedule_can_grow_before_the_deal_is_won(stack: Stack, tmp_path: Path) -> None:
    grown = (
        "  - {on: 2026-02-01, change_deal: platform, set: {purchase_order: null}, add_schedule:"
        " [{name: Support accepted, amount: 100.00}]}\n"
    )
    win = "  - {on: 2026-02-02, win: platform}\n"
    reach = "  - {on: 2026-06-29, reach: platform, milestone: Go-live accepted}\n"
    more = "  - {on: 2026-06-30, reach: platform, milestone: Support accepted}\n"
    script = _changed(tmp_path, "milestones", (win, grown + win), (reach, reach + more))

    report = (await _play(stack, script)).report

    assert [line.name for line in report.deals[0].crm.schedule][-1] == "Support accepted"
    assert [str(one.net) for one in _invoices(report)][-1] == "100.00"
    assert {one.purchase_order for one in _invoices(report)} == {""}
    assert report.holds


async def test_messages_of_the_crm_are_held_against_their_outcomes_too(stack: Stack) -> None:
    (*_, messages) = (await _report(stack, "reverse-charge")).verdicts

    # The account, its links, the deal that is won and its links; one timesheet.
    assert messages.checked == 5
