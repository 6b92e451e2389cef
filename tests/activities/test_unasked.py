"""Work that a cycle asked for and that is ready again: somebody sees that nothing asks for it."""

from datetime import timedelta

from temporalio.testing import ActivityEnvironment

from activities.invoices import Change, ChangeInvoice, InvoiceRecords
from activities.prebill import Hold, Reject
from canonical.cases import Case
from canonical.contracts import ContractId
from canonical.landscape import Landscape
from console import prebill
from store import billing, cases, drafts, invoices, slices
from store.database import Database
from store.drafts import ChangeKind
from tests.activities import house
from tests.fakes import contract, milestones, money, part

CONTRACT = ContractId("CT-00001")
FIRST = "CT-00001/M1"


async def _change(database: Database, landscape: Landscape, wish: Hold | Reject) -> None:
    """Change the draft of the first cycle, and let the cycle go through."""
    kind: ChangeKind = "hold" if isinstance(wish, Hold) else "reject"
    async with database.transaction() as tx:
        kept = await invoices.get(tx, house.cycle().invoice, 1)
        number = await drafts.propose(tx, kept, kind=kind, by="pat", content=wish.model_dump_json())
    question = ChangeInvoice(request=house.cycle(), change=Change(number=number))
    steps = InvoiceRecords(database, landscape)
    await ActivityEnvironment().run(steps.change, question)
    await ActivityEnvironment().run(steps.finish, house.cycle())


async def _drafted(database: Database, landscape: Landscape) -> None:
    await house.active(database)
    await house.ready(database, part("psa-main:101"))
    await InvoiceRecords(database, landscape).prepare(house.cycle())


async def _cases(database: Database) -> list[Case]:
    async with database.reading() as tx:
        return list(await cases.open_cases(tx))


async def _ask(database: Database) -> None:
    async with database.transaction() as tx:
        await billing.cut_off(tx, CONTRACT, house.TODAY)


async def test_what_a_rejected_draft_leaves_is_a_case_until_it_is_billed(
    database: Database, landscape: Landscape
) -> None:
    await _drafted(database, landscape)

    await _change(database, landscape, Reject(reason="the rates are wrong"))
    (case,) = await _cases(database)
    await _ask(database)
    await InvoiceRecords(database, landscape).prepare(house.cycle(2))

    assert (case.error_class, case.at_risk) == ("E26", money("1200.00"))
    assert "tiebeam start billing CT-00001" in case.text
    assert await _cases(database) == []


async def test_what_is_released_after_the_last_cycle_is_a_case(
    database: Database, landscape: Landscape
) -> None:
    await _drafted(database, landscape)
    await _change(database, landscape, Hold(source="psa-main:101", reason="disputed"))
    held = await _cases(database)

    await prebill.release(database, landscape, "CT-00001/1/1", "psa-main:101", "pat")

    (case,) = await _cases(database)
    assert (held, case.at_risk) == ([], money("1200.00"))


async def test_a_milestone_whose_draft_is_rejected_is_a_case_and_the_next_cut_off_bills_it(
    database: Database, landscape: Landscape
) -> None:
    await house.active(database, contract(lines=(milestones("36000.00", "84000.00"),)))
    reached = part(FIRST, amount=money("36000.00"))
    async with database.transaction() as tx:
        await slices.add(tx, [(CONTRACT, reached)])
        kind, day = billing.MILESTONE, reached.work_date
        await billing.request(tx, CONTRACT, kind=kind, key=FIRST, cut_off=day)
    await InvoiceRecords(database, landscape).prepare(house.cycle())

    await _change(database, landscape, Reject(reason="not accepted yet"))
    (case,) = await _cases(database)
    await _ask(database)
    again = await InvoiceRecords(database, landscape).prepare(house.cycle(2))

    assert (case.at_risk, again.net) == (money("36000.00"), money("36000.00"))


async def test_work_that_no_cycle_has_asked_for_yet_is_no_case(
    database: Database, landscape: Landscape
) -> None:
    await _drafted(database, landscape)
    later = house.TODAY + timedelta(days=1)
    async with database.transaction() as tx:
        await slices.add(tx, [(CONTRACT, part("psa-main:102", work_date=later))])

    await InvoiceRecords(database, landscape).finish(house.cycle())

    assert await _cases(database) == []
