"""Caps: a contract bills up to its not-to-exceed, and what is above it is held, told and kept."""

from datetime import date

import pytest
from temporalio.testing import ActivityEnvironment

from activities.invoices import Change, ChangeInvoice, InvoiceRecords, Prepared
from activities.prebill import Hold, Reject
from canonical.cases import Case
from canonical.commitments import Cap
from canonical.contracts import ContractId
from canonical.landscape import Landscape
from canonical.slices import Slice
from console import explanation
from store import billing, cases, commitments, contracts, drafts, invoices, slices, trail
from store.database import Database
from store.drafts import ChangeKind
from tests.activities import house
from tests.fakes import contract, hours, money, part

CONTRACT = ContractId("CT-00001")
LARGE = part("psa-main:101", amount=money("1500.00"), worked=hours("10"))


async def _capped(database: Database, policy: str, *parts: Slice, amount: str = "800.00") -> None:
    cap = Cap.model_validate({"amount": money(amount), "policy": policy})
    await house.active(database, contract(cap=cap))
    await house.ready(database, *parts)


async def _prepare(database: Database, landscape: Landscape, cycle: int = 1) -> Prepared:
    steps = InvoiceRecords(database, landscape)
    return await ActivityEnvironment().run(steps.prepare, house.cycle(cycle))


async def _ask_again(database: Database, cut_off: date = house.TODAY) -> int:
    async with database.transaction() as tx:
        await billing.finish(tx, CONTRACT, 1)
        key = f"cut-off/{cut_off}/again"
        asked = await billing.request(tx, CONTRACT, kind=billing.CUT_OFF, key=key, cut_off=cut_off)
    return asked.cycle


async def _change(database: Database, landscape: Landscape, wish: Hold | Reject) -> Prepared:
    async with database.transaction() as tx:
        kept = await invoices.get(tx, house.cycle().invoice, 1)
        kind: ChangeKind = "hold" if isinstance(wish, Hold) else "reject"
        number = await drafts.propose(tx, kept, kind=kind, by="pat", content=wish.model_dump_json())
    question = ChangeInvoice(request=house.cycle(), change=Change(number=number))
    return await ActivityEnvironment().run(InvoiceRecords(database, landscape).change, question)


async def _pieces(database: Database, source: str = "psa-main:101") -> list[tuple[str, str]]:
    async with database.reading() as tx:
        found = await slices.of_source(tx, source)
    return [(each.state, str(each.amount.amount)) for _, _, each in found]


async def _consumed(database: Database) -> str:
    async with database.reading() as tx:
        return str(await commitments.consumed(tx, CONTRACT, "cap", "USD"))


async def _open_cases(database: Database) -> list[Case]:
    async with database.reading() as tx:
        return list(await cases.open_cases(tx))


async def _told(database: Database) -> list[str]:
    async with database.reading() as tx:
        events = await trail.events(tx)
    return [event.subject for event in events if event.type == "cap.reached"]


@pytest.mark.parametrize(
    ("policy", "net", "pieces"),
    [
        ("split", "800.00 USD", [("billed", "800.00"), ("held", "700.00")]),
        ("hold", None, [("held", "1500.00")]),
        ("warn", "1500.00 USD", [("billed", "1500.00")]),
    ],
)
async def test_an_entry_above_the_cap_follows_the_policy(
    database: Database,
    landscape: Landscape,
    policy: str,
    net: str | None,
    pieces: list[tuple[str, str]],
) -> None:
    """O-03."""
    await _capped(database, policy, LARGE)

    prepared = await _prepare(database, landscape)

    assert (str(prepared.net) if prepared.net else None) == net
    assert await _pieces(database) == pieces


async def test_what_is_billed_consumes_the_cap_and_people_are_told(
    database: Database, landscape: Landscape
) -> None:
    await _capped(database, "split", LARGE)

    await _prepare(database, landscape)

    assert await _consumed(database) == "800.00 USD"
    assert await _told(database) == ["CT-00001/80", "CT-00001/100"]
    (case,) = await _open_cases(database)
    assert (case.error_class, case.owner, case.at_risk) == ("E11", "delivery", money("700.00"))


async def test_at_80_per_cent_nobody_has_anything_to_do_yet(
    database: Database, landscape: Landscape
) -> None:
    await _capped(database, "split", LARGE, amount="1875.00")

    await _prepare(database, landscape)

    assert await _told(database) == ["CT-00001/80"]
    assert await _open_cases(database) == []


async def test_billing_above_the_cap_with_a_warning_is_a_case_too(
    database: Database, landscape: Landscape
) -> None:
    await _capped(database, "warn", LARGE)

    await _prepare(database, landscape)

    (case,) = await _open_cases(database)
    assert "700.00 USD is billed above the cap of 800.00 USD" in case.text


async def test_explain_says_what_the_cap_let_through_and_what_it_holds(
    database: Database, landscape: Landscape
) -> None:
    await _capped(database, "split", LARGE)
    await _prepare(database, landscape)

    found = await explanation.explain(database, "psa-main:101")

    assert found["answer"] == (
        "not billed yet: on the draft CT-00001/1/1/1; "
        "700.00 USD held: the cap of 800.00 USD is spent: "
        "800.00 USD is billed (contract-cap 1, split)"
    )


async def test_a_later_cycle_finds_the_cap_spent_and_has_nothing_to_bill(
    database: Database, landscape: Landscape
) -> None:
    await _capped(database, "split", LARGE)
    await _prepare(database, landscape)
    cycle = await _ask_again(database)

    assert (await _prepare(database, landscape, cycle)).ending == "nothing_to_bill"
    assert await _consumed(database) == "800.00 USD"


async def test_a_rejected_draft_gives_its_part_of_the_cap_back(
    database: Database, landscape: Landscape
) -> None:
    await _capped(database, "split", LARGE)
    await _prepare(database, landscape)

    rejected = await _change(database, landscape, Reject(reason="the rates are wrong"))

    assert (rejected.invoice, rejected.ending) == (None, "rejected")
    assert await _consumed(database) == "0.00 USD"
    assert await _pieces(database) == [("ready", "800.00"), ("held", "700.00")]
    again = await _prepare(database, landscape, await _ask_again(database))
    assert again.net == money("800.00")
    assert await _consumed(database) == "800.00 USD"


async def test_an_entry_taken_off_leaves_its_room_to_what_the_cap_held(
    database: Database, landscape: Landscape
) -> None:
    small = part("psa-main:100", amount=money("300.00"), worked=hours("2"))
    await _capped(database, "split", small, LARGE)
    await _prepare(database, landscape)

    held = await _change(database, landscape, Hold(source="psa-main:100", reason="wrong week"))

    assert held.net == money("500.00")
    assert await _consumed(database) == "500.00 USD"
    again = await _prepare(database, landscape, await _ask_again(database))
    assert again.net == money("300.00")
    assert await _pieces(database) == [
        ("billed", "500.00"),
        ("billed", "300.00"),
        ("held", "700.00"),
    ]


async def test_a_higher_cap_lets_go_what_the_lower_one_held_and_closes_its_case(
    database: Database, landscape: Landscape
) -> None:
    await _capped(database, "split", LARGE)
    await _prepare(database, landscape)
    async with database.transaction() as tx:
        higher = Cap(amount=money("5000.00"), policy="split")
        await contracts.save(tx, contract(cap=higher))
    cycle = await _ask_again(database)

    assert (await _prepare(database, landscape, cycle)).net == money("700.00")
    assert await _pieces(database) == [("billed", "800.00"), ("billed", "700.00")]
    assert await _open_cases(database) == []


async def test_a_contract_without_a_cap_consumes_none(
    database: Database, landscape: Landscape
) -> None:
    await house.active(database)
    await house.ready(database, LARGE)

    assert (await _prepare(database, landscape)).net == money("1500.00")
    assert await _consumed(database) == "0.00 USD"


async def test_a_person_holds_all_of_an_entry_also_what_the_cap_holds_of_it(
    database: Database, landscape: Landscape
) -> None:
    await _capped(database, "split", LARGE)
    await _prepare(database, landscape)

    await _change(database, landscape, Hold(source="psa-main:101", reason="disputed"))

    async with database.reading() as tx:
        held = [each.hold for _, _, each in await slices.of_source(tx, "psa-main:101")]
        opened = await cases.open_cases(tx)
    assert held == ["person", "person"]
    assert opened == []  # nothing is above the cap
    cycle = await _ask_again(database)
    assert (await _prepare(database, landscape, cycle)).invoice is None
