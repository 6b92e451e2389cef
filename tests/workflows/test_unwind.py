import pytest
from sqlmodel import select
from temporalio.client import WorkflowUpdateFailedError

from activities.unwinding import Disposition
from canonical.engagements import Stage
from console import starting
from gateway.dispatcher import Dispatcher
from store import engagements, slices
from store.tables.effects import AuditRow
from store.tables.work import HoldKind
from tests.fakes import milestone_deal
from tests.workflows.house import House
from tests.workflows.waiting import called, card, ended, until
from workflows.unwind import Unwind


async def _stages(house: House) -> list[tuple[int, Stage]]:
    async with house.database.reading() as tx:
        found = await engagements.everything(tx)
    return [(engagement.generation, engagement.stage) for engagement in found]


def _in_use(house: House) -> tuple[set[str], set[str]]:
    """Return the project codes that are in use in the PSA, and what is in use in the ERP."""
    plans = {str(c) for at, c in house.psa.projects.items() if at not in house.psa.archived}
    return plans, {each.value for each in house.erp.in_use}


async def test_a_deal_that_is_un_won_before_any_work_leaves_nothing_in_use(house: House) -> None:
    await house.activates(milestone_deal("400.00", "600.00"))
    await house.loses()

    assert await ended(house.engagement) == "cancelled"
    assert await ended(house.unwinding) == "closed"
    assert _in_use(house) == (set(), set())
    assert (house.erp.contracts, house.erp.projects) == ({}, {})
    assert house.crm.projects[house.opportunity] == (house.project, "cancelled")
    assert await _stages(house) == [(1, Stage.CANCELLED)]
    assert await card(house.unwinding) == "**Closed.**"


async def test_a_won_deal_that_is_deleted_is_unwound(house: House) -> None:
    await house.activates(milestone_deal("400.00", "600.00"))
    house.crm.deletes(house.opportunity)
    await house.hears()

    assert await ended(house.engagement) == "cancelled"
    assert _in_use(house) == (set(), set())
    assert await house.open_cases() == []


async def test_a_deal_that_is_won_again_has_one_live_set_of_records(house: House) -> None:
    await house.activates()
    await house.loses()
    await ended(house.engagement)
    await house.wins()
    contract, project = f"CT-{house.number + 2:05}", f"PR-{house.number + 2:05}"
    await ended(house.run(f"contract:{contract}"))

    assert _in_use(house) == ({project}, {contract, project})
    assert house.crm.projects[house.opportunity] == (project, "active")
    assert len(house.erp.customers) == len(house.psa.companies) == 1


async def test_won_again_while_it_is_closed_waits_for_the_end(house: House) -> None:
    gate = house.erp.holds("close_project")
    await house.activates()
    await house.loses()
    await called(house.erp, "close_project")
    await house.wins()
    await called(house.crm, "opportunity", 3)
    assert [generation for generation, _ in await _stages(house)] == [1]
    gate.set()
    ending = await ended(house.engagement)
    await Dispatcher(house.client, house.database).dispatch()
    contract, project = f"CT-{house.number + 2:05}", f"PR-{house.number + 2:05}"
    await ended(house.run(f"contract:{contract}"))

    assert ending == "cancelled"
    assert _in_use(house) == ({project}, {contract, project})


async def test_open_work_waits_for_a_person_and_is_billed(house: House) -> None:
    await house.activates()
    await house.posts(house.worked(1), house.worked(2))
    await house.loses()
    (case,) = await house.parked()
    shown = await card(house.unwinding)
    await house.decides("bill")

    assert await ended(house.engagement) == "cancelled"
    assert (case.error_class, case.owner) == ("E18", "finance")
    assert "bill it, or write it off" in shown
    assert [str(paper.net) for paper in house.erp.posted_invoices] == ["2400.00 USD"]
    assert _in_use(house) == (set(), set())
    assert house.erp.closed == {*house.erp.contracts, *house.erp.projects}
    assert await house.open_cases() == []


async def test_open_work_is_written_off_with_who_and_why(house: House) -> None:
    await house.activates()
    await house.posts(house.worked())
    await house.loses()
    await house.parked()
    decision = Disposition(by="person-7", choice="write_off", reason="not_recoverable")
    await starting.dispose(house.client, house.database, house.contract, decision)

    assert await ended(house.engagement) == "cancelled"
    assert house.erp.posted_invoices == []
    async with house.database.reading() as tx:
        ((_, _, part),) = await slices.all_slices(tx)
        query = select(AuditRow).where(AuditRow.action == "slice.written_off")
        (said,) = (await tx.exec(query)).all()
    assert part.state == "written_off"
    assert (said.actor, said.detail, said.subject) == (
        "person-7",
        "not_recoverable",
        f"{part.source}/1",
    )


async def test_a_milestone_that_was_reached_is_work(house: House) -> None:
    await house.activates(milestone_deal("400.00", "600.00"))
    gate = house.erp.holds("post_invoice")
    await house.reaches(1)
    await called(house.erp, "post_invoice")
    await house.loses()
    await house.parked()
    gate.set()
    await house.decides("bill")

    assert await ended(house.engagement) == "cancelled"
    assert [str(paper.net) for paper in house.erp.posted_invoices] == ["400.00 USD"]


async def test_work_that_is_on_its_way_is_posted_before_it_is_written_off(house: House) -> None:
    await house.activates()
    gate = house.erp.holds("post_journal")
    await house.approves(house.worked())
    await called(house.erp, "post_journal")
    await house.loses()
    await house.parked()
    await house.decides("write_off", "deal_cancelled")
    await until(lambda: house.audited("slice.written_off"))
    gate.set()

    assert await ended(house.engagement) == "cancelled"
    assert len(house.erp.posted_journals) == 1


async def test_won_again_before_anything_is_closed_keeps_everything(house: House) -> None:
    await house.activates()
    await house.posts(house.worked())
    await house.loses()
    await house.parked()
    await house.wins()
    ending = await ended(house.unwinding)
    await until(lambda: house.is_at(Stage.ACTIVE))
    await house.bills()

    assert ending == "kept"
    assert await ended(house.engagement) == "fulfilled"
    assert await house.open_cases() == []
    assert _in_use(house)[0] == {house.project}


async def test_un_won_won_and_un_won_again_is_unwound_once_more(house: House) -> None:
    await house.activates()
    await house.posts(house.worked())
    await house.loses()
    await house.parked()
    await house.wins()
    await ended(house.unwinding)
    await until(lambda: house.is_at(Stage.ACTIVE))
    await house.loses()
    await house.parked()
    await house.decides("write_off", "entered_in_error")

    assert await ended(house.engagement) == "cancelled"
    assert _in_use(house) == (set(), set())


async def test_time_that_is_approved_while_its_plan_is_archived_is_work(house: House) -> None:
    gate = house.psa.holds("archive_project")
    await house.activates()
    await house.loses()
    await called(house.psa, "archive_project")
    house.psa.approves("T-late", house.worked())
    gate.set()
    (case,) = await house.parked()
    still = house.erp.in_use
    await house.decides("bill")

    assert await ended(house.engagement) == "cancelled"
    assert case.error_class == "E18"
    assert len(still) == 2
    assert [str(paper.net) for paper in house.erp.posted_invoices] == ["1200.00 USD"]


async def _asked_again(house: House) -> None:
    async def is_so() -> bool:
        asked = await house.audited("case.opened")
        return len(asked) == 2 and len(await house.open_cases()) == 1

    await until(is_so)


async def _hold(house: House, kind: HoldKind, reason: str) -> None:
    async with house.database.transaction() as tx:
        parts = [part for _, _, part in await slices.all_slices(tx)]
        await slices.hold(tx, parts, kind, reason)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (HoldKind.PERSON, "1 held by a person (as psa-main:1001)"),
        (HoldKind.CAP, "1 above the cap (as psa-main:1001)"),
        (HoldKind.RECALL, "1 whose approval was taken back (as psa-main:1001)"),
    ],
    ids=lambda value: value.value if isinstance(value, HoldKind) else "",
)
async def test_held_work_that_is_to_be_billed_is_asked_about_again(
    house: House, kind: HoldKind, why: str
) -> None:
    await house.activates()
    await house.posts(house.worked(1))
    await _hold(house, kind, "disputed")
    await house.loses()
    await house.parked()
    await house.decides("bill")
    await _asked_again(house)
    (case,) = await house.open_cases()
    await house.decides("write_off", "not_recoverable")

    assert why in case.text
    assert await ended(house.engagement) == "cancelled"
    assert house.erp.posted_invoices == []
    assert await house.open_cases() == []


async def test_held_work_is_billed_once_it_is_released(house: House) -> None:
    await house.activates()
    await house.posts(house.worked(1))
    await _hold(house, HoldKind.PERSON, "disputed")
    await house.loses()
    await house.parked()
    await house.decides("bill")
    await _asked_again(house)
    async with house.database.transaction() as tx:
        await slices.release(tx, [part for _, _, part in await slices.all_slices(tx)])
    await house.decides("bill")

    assert await ended(house.engagement) == "cancelled"
    assert [str(paper.net) for paper in house.erp.posted_invoices] == ["1200.00 USD"]


async def test_what_is_held_beside_what_is_billed_is_asked_about(house: House) -> None:
    await house.activates()
    await house.posts(house.worked(1))
    await _hold(house, HoldKind.PERSON, "disputed")
    await house.posts(house.worked(2))
    await house.loses()
    (first,) = await house.parked()
    await house.decides("bill")
    await _asked_again(house)
    (second,) = await house.open_cases()
    await house.decides("write_off", "goodwill")

    assert await ended(house.engagement) == "cancelled"
    assert "1 ready to bill; 1 held by a person" in first.text
    assert "Open: 1 held by a person" in second.text
    assert [str(paper.net) for paper in house.erp.posted_invoices] == ["1200.00 USD"]


async def test_a_decision_is_taken_only_when_asked_for_by_somebody_and_with_its_reason(
    house: House,
) -> None:
    await house.activates()
    await house.posts(house.worked())
    await house.loses()
    await house.parked()
    refused = []
    for choice in (
        {"by": " ", "choice": "bill"},
        {"by": "person-7", "choice": "write_off"},
        {"by": "person-7", "choice": "bill", "reason": "goodwill"},
    ):
        with pytest.raises(WorkflowUpdateFailedError) as caught:
            await house.unwinding.execute_update(Unwind.decide, Disposition.model_validate(choice))
        refused.append(str(caught.value.cause))
    await house.decides("bill")
    await ended(house.engagement)

    assert refused == [
        "a decision names who decides",
        *["a write-off has a reason, and a bill has none"] * 2,
    ]
