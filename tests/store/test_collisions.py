"""Billings that meet: every slice on one invoice, every cap spent once, on both databases."""

import asyncio
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlmodel import SQLModel

from activities.invoices import InvoiceRecords, Prepared
from canonical.commitments import Cap
from canonical.contracts import ContractId
from canonical.money import Money
from canonical.slices import Slice
from store import billing, commitments, invoices, slices
from store.billing import Request
from store.database import Database
from tests.activities import house
from tests.activities.house import LANDSCAPE
from tests.fakes import contract, hours, milestones, money, part

_CONTRACT = ContractId("CT-00001")
_LIMIT = money("10000.00")
_WORTH = st.lists(st.integers(1, 6_000), min_size=1, max_size=6)


def _work(*amounts: int) -> list[Slice]:
    return [
        part(
            f"psa-main:{number}",
            amount=Money(currency="USD", amount=Decimal(amount)),
            worked=hours("8"),
            work_date=date(2026, 6, 1 + number),
        )
        for number, amount in enumerate(amounts, start=1)
    ]


async def _emptied(database: Database) -> None:
    async with database.transaction() as tx:
        for table in SQLModel.metadata.sorted_tables:
            await tx.exec(delete(table))


async def _contract(database: Database, policy: str, *work: Slice) -> None:
    await house.active(
        database,
        contract(
            cap=Cap.model_validate({"amount": _LIMIT, "policy": policy}),
            lines=(milestones("3000.00"),),
        ),
    )
    milestone = part("CT-00001/M1", amount=money("3000.00"), worked=hours("0"))
    async with database.transaction() as tx:
        await slices.add(tx, [(_CONTRACT, each) for each in (*work, milestone)])


async def _asked(database: Database) -> Sequence[Request]:
    """Ask in four ways at once: a milestone, a crossed threshold, a cut-off and a person."""

    async def ask(kind: str, key: str, day: date) -> Request:
        async with database.transaction() as tx:
            return await billing.request(tx, _CONTRACT, kind=kind, key=key, cut_off=day)

    return await asyncio.gather(
        ask(billing.MILESTONE, "CT-00001/M1", house.TODAY),
        ask(billing.THRESHOLD, "threshold/1", house.TODAY),
        ask(billing.CUT_OFF, "cut-off/2026-06-30", date(2026, 6, 30)),
        ask(billing.CUT_OFF, "cut-off/2026-07-31", house.TODAY),
    )


async def _prepared(database: Database, cycles: Sequence[int]) -> Sequence[Prepared]:
    steps = InvoiceRecords(database, LANDSCAPE)
    return await asyncio.gather(*(steps.prepare(house.cycle(cycle)) for cycle in cycles))


async def _check(database: Database, work: Sequence[Slice]) -> None:
    async with database.reading() as tx:
        kept = await invoices.of_contract(tx, _CONTRACT)
        rows = await slices.all_slices(tx)
        spent = await commitments.consumed(tx, _CONTRACT, "cap", "USD")
    on_invoices = [(invoice, each) for invoice, _, each in rows if each.state == "billed"]
    billed = Money.total((each.amount for _, each in on_invoices), "USD")
    assert billed == Money.total((one.invoice.net for one in kept), "USD") == spent
    assert len({(each.source, each.number) for _, each in on_invoices}) == len(on_invoices)
    for source in work:
        pieces = [each for _, _, each in rows if each.source == source.source]
        assert Money.total((each.amount for each in pieces), "USD") == source.amount
        assert sum(each.worked.seconds for each in pieces) == source.worked.seconds
        assert {each.state for each in pieces} <= {"billed", "held"}


@pytest.mark.parametrize("policy", ["split", "hold"])
async def test_four_triggers_at_once_spend_the_cap_once(database: Database, policy: str) -> None:
    work = _work(3000, 4000, 5000)
    await _contract(database, policy, *work)

    cycles = [asked.cycle for asked in await _asked(database)]
    prepared = await _prepared(database, cycles)

    assert sorted(cycles) == [1, 2, 3, 4]
    await _check(database, work)
    async with database.reading() as tx:
        spent = await commitments.consumed(tx, _CONTRACT, "cap", "USD")
    assert spent == _LIMIT
    assert all(one.ending == "nothing_to_bill" for one in prepared if one.invoice is None)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(worth=_WORTH, policy=st.sampled_from(["split", "hold", "warn"]))
async def test_however_much_was_worked_no_slice_is_billed_twice(
    database: Database, worth: list[int], policy: str
) -> None:
    await _emptied(database)
    work = _work(*worth)
    await _contract(database, policy, *work)

    await _prepared(database, [asked.cycle for asked in await _asked(database)])

    await _check(database, work)
    async with database.reading() as tx:
        spent = await commitments.consumed(tx, _CONTRACT, "cap", "USD")
    assert policy == "warn" or spent.amount <= _LIMIT.amount


async def test_four_billings_at_once_make_one_invoice(database: Database) -> None:
    work = _work(100, 200)
    await _contract(database, "split", *work)

    async def ask() -> Request:
        async with database.transaction() as tx:
            return await billing.cut_off(tx, _CONTRACT, house.TODAY)

    asked = await asyncio.gather(*(ask() for _ in range(4)))
    prepared = await _prepared(database, [one.cycle for one in asked])

    assert {one.cycle for one in asked} == {1}
    assert len({one.content_hash for one in prepared}) == 1
    async with database.reading() as tx:
        (only,) = await invoices.of_contract(tx, _CONTRACT)
    assert only.invoice.net == money("3300.00")
    await _check(database, work)


async def test_a_crossing_that_two_lanes_see_at_once_is_one_cycle(database: Database) -> None:
    """R-060."""
    await _contract(database, "split", *_work(6000))

    async def cross() -> Request | None:
        async with database.transaction() as tx:
            await commitments.lock(tx, _CONTRACT)
            return await billing.crossed(tx, _CONTRACT, house.TODAY)

    crossings = await asyncio.gather(*(cross() for _ in range(4)))

    assert [one.key for one in crossings if one is not None] == ["threshold/1"]


async def test_a_crossing_and_a_cut_off_do_not_wait_for_each_other_in_a_ring(
    database: Database,
) -> None:
    await _contract(database, "split", *_work(6000))

    async def cross() -> None:
        async with database.transaction() as tx:
            await commitments.lock(tx, _CONTRACT)
            await asyncio.sleep(0.05)
            await billing.crossed(tx, _CONTRACT, house.TODAY)

    async def cut_off(day: int) -> None:
        async with database.transaction() as tx:
            await billing.cut_off(tx, _CONTRACT, date(2026, 7, day))

    await asyncio.gather(cross(), *(cut_off(day) for day in range(1, 5)), cross())

    async with database.reading() as tx:
        assert [asked.cycle for asked in await billing.waiting(tx)] == [1, 2, 3, 4, 5]
