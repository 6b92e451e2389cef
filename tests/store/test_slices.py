from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from canonical.contracts import ContractId
from canonical.money import Money
from canonical.slices import Slice
from canonical.worktime import WorkTime
from store import slices
from store.database import Database
from tests.fakes import JULY, hours, money, part

_CONTRACT = ContractId("CT-00001")
_INVOICE = "CT-00001/1/1"
_JUNE = date(2026, 6, 30)


async def _add(database: Database, *parts: Slice, contract: ContractId = _CONTRACT) -> None:
    async with database.transaction() as tx:
        await slices.add(tx, [(contract, each) for each in parts])


async def _bill(database: Database, line: int, *parts: Slice) -> None:
    async with database.transaction() as tx:
        await slices.bill(tx, _INVOICE, line, [(each.source, each.number) for each in parts])


async def _ready(database: Database, until: date, source: str | None = None) -> list[str]:
    async with database.reading() as tx:
        found = await slices.ready(tx, _CONTRACT, until=until, source=source)
    return sorted(each.source for each in found)


async def _open_count(database: Database) -> int:
    async with database.reading() as tx:
        return await slices.open_count(tx, _CONTRACT)


@pytest.mark.parametrize(
    "kept",
    [
        part(),
        part(worked=hours("4.6667"), amount=money("700.00")),
        part(amount=money("-1200.00"), worked=hours("-8")),
        part(amount=money("123456", "JPY"), unit_price=Decimal(15432)),
        part(amount=money("1.001", "BHD"), unit_price=Decimal("0.1251")),
        part("CT-00001/M1", worked=hours("0"), amount=money("36000.00"), text="Phase 1"),
    ],
    ids=["plain", "held-part", "credit", "no-decimals", "three-decimals", "milestone"],
)
async def test_a_slice_comes_back_as_it_was(database: Database, kept: Slice) -> None:
    """L-1: neither quantity nor amount changes by a unit."""
    await _add(database, kept)

    async with database.reading() as tx:
        assert await slices.of_source(tx, kept.source) == [(None, 0, kept)]


@settings(deadline=None, max_examples=10)
@given(
    st.lists(
        st.tuples(
            st.decimals(-(10**9), 10**9, places=4),
            st.decimals(-(10**9), 10**9, places=2),
            st.decimals(0, 10**6, places=4),
        ),
        min_size=1,
        max_size=40,
    )
)
async def test_the_ledger_adds_up_to_what_was_put_in(
    migrated: Database, drawn: list[tuple[Decimal, Decimal, Decimal]]
) -> None:
    """L-1."""
    parts = [
        part(
            "drawn",
            number=number,
            worked=WorkTime(seconds=seconds),
            amount=money(str(amount)),
            unit_price=price,
        )
        for number, (seconds, amount, price) in enumerate(drawn, start=1)
    ]

    async with migrated.transaction() as tx:
        await slices.add(tx, [(_CONTRACT, each) for each in parts])
        found = [each for _, _, each in await slices.of_source(tx, "drawn")]
        await tx.rollback()

    assert found == parts
    assert Money.total((each.amount for each in found), "USD").amount == sum(
        amount for _, amount, _ in drawn
    )


async def test_a_part_of_a_source_exists_once(database: Database) -> None:
    """L-1: no overlap."""
    await _add(database, part())

    with pytest.raises(IntegrityError):
        await _add(database, part(amount=money("1.00")))

    async with database.reading() as tx:
        assert len(await slices.all_slices(tx)) == 1


async def test_ready_is_what_was_worked_up_to_the_day(database: Database) -> None:
    await _add(database, part("june", work_date=_JUNE), part("july", work_date=JULY))
    await _add(database, part("other"), contract=ContractId("CT-00002"))

    assert await _ready(database, date(2026, 6, 29)) == []
    assert await _ready(database, _JUNE) == ["june"]
    assert await _ready(database, JULY) == ["july", "june"]


async def test_a_milestone_is_billed_alone(database: Database) -> None:
    await _add(database, part("CT-00001/M1"), part("CT-00001/M2"))

    assert await _ready(database, JULY, "CT-00001/M2") == ["CT-00001/M2"]


@pytest.mark.parametrize("state", ["held", "billed", "covered", "non_billable"])
async def test_only_ready_slices_are_billed(database: Database, state: str) -> None:
    await _add(database, part(state=state))

    assert await _ready(database, JULY) == []


async def test_a_billed_slice_stands_on_its_line_and_is_ready_no_more(database: Database) -> None:
    first, second, third = part("a"), part("b"), part("c")
    await _add(database, first, second, third)

    await _bill(database, 2, first)
    await _bill(database, 1, second)

    assert await _ready(database, JULY) == ["c"]
    async with database.reading() as tx:
        found = await slices.on_invoice(tx, _INVOICE)
        assert [(line, each.source, each.state) for line, each in found] == [
            (1, "b", "billed"),
            (2, "a", "billed"),
        ]
        assert [row[:2] for row in await slices.of_source(tx, "a")] == [(_INVOICE, 2)]
        everything = await slices.all_slices(tx)
    assert [(invoice, line, each.source) for invoice, line, each in everything] == [
        (_INVOICE, 2, "a"),
        (_INVOICE, 1, "b"),
        (None, 0, "c"),
    ]


async def test_billing_changes_neither_quantity_nor_amount(database: Database) -> None:
    await _add(database, part())
    await _bill(database, 1, part())

    async with database.reading() as tx:
        ((_, _, found),) = await slices.of_source(tx, part().source)
    assert found == part(state="billed")


async def test_only_held_slices_are_dropped_for_another_decision(database: Database) -> None:
    await _add(database, part("held", state="held"), part("ready"), part("other", state="held"))

    async with database.transaction() as tx:
        await slices.drop_held(tx, ["held", "ready", "unknown"])
        await slices.add(tx, [(_CONTRACT, part("held"))])

    async with database.reading() as tx:
        found = {each.source: each.state for _, _, each in await slices.all_slices(tx)}
    assert found == {"held": "ready", "ready": "ready", "other": "held"}


async def test_a_source_exists_once_it_has_a_slice(database: Database) -> None:
    await _add(database, part("CT-00001/M1"))

    async with database.reading() as tx:
        assert await slices.exists(tx, "CT-00001/M1")
        assert not await slices.exists(tx, "CT-00001/M2")


async def test_open_is_what_is_still_to_be_billed_or_decided(database: Database) -> None:
    await _add(database, part("ready"), part("held", state="held"), part("free", state="covered"))
    await _add(database, part("other"), contract=ContractId("CT-00002"))
    assert await _open_count(database) == 2

    await _bill(database, 1, part("ready"))

    assert await _open_count(database) == 1


async def test_a_slice_is_billed_once_and_only_when_it_is_ready(database: Database) -> None:
    """I1: the store itself refuses what no lane should ever ask."""
    await _add(database, part("ready"), part("held", state="held"))
    await _bill(database, 1, part("ready"))

    for wanted in (part("ready"), part("held")):
        with pytest.raises(slices.NotReadyError):
            await _bill(database, 2, wanted)
