import pytest
from sqlalchemy.exc import NoResultFound

from canonical.cases import Case, CaseId
from store import cases
from store.database import Database
from tests.fakes import case, money
from tests.store.trails import audited


async def _open(database: Database, *parked: Case) -> None:
    for each in parked:
        async with database.transaction() as tx:
            await cases.open_case(tx, each)


async def _close(database: Database, name: str) -> None:
    async with database.transaction() as tx:
        await cases.close_case(tx, CaseId(name))


async def _opened(database: Database) -> list[str]:
    async with database.reading() as tx:
        return [each.id for each in await cases.open_cases(tx)]


@pytest.mark.parametrize(
    "parked",
    [case(), case(at_risk=money("-1200.50")), case(at_risk=money("9000000", "JPY"))],
    ids=["nothing-at-risk", "money-at-risk", "yen-at-risk"],
)
async def test_a_case_comes_back_as_it_was(database: Database, parked: Case) -> None:
    """R-096."""
    await _open(database, parked)

    async with database.reading() as tx:
        assert await cases.open_cases(tx) == [parked]
    (row,) = await audited(database, "case-1")
    assert (row.action, row.detail) == ("case.opened", parked.root_cause)


async def test_a_case_ends_when_its_step_goes_on(database: Database) -> None:
    await _open(database, case("case-1"), case("case-2"))
    await _close(database, "case-1")

    assert await _opened(database) == ["case-2"]
    async with database.reading() as tx:
        everything = await cases.all_cases(tx)
    assert [(each.id, each.is_open) for each in everything] == [
        ("case-1", False),
        ("case-2", True),
    ]


async def test_the_same_step_parked_again_is_the_same_case(database: Database) -> None:
    await _open(database, case(text="first"))
    await _close(database, "case-1")
    await _open(database, case(text="second"))

    async with database.reading() as tx:
        assert await cases.all_cases(tx) == [case(text="second")]


async def test_a_workflow_finds_the_cases_it_waits_with(database: Database) -> None:
    await _open(database, case("a", workflow="billing:CT-00001"))
    await _open(database, case("b", workflow="billing:CT-00001"), case("c"))
    await _close(database, "a")

    async with database.reading() as tx:
        assert await cases.open_of(tx, "billing:CT-00001") == ["b"]
        assert await cases.open_of(tx, "billing:CT-00009") == []


async def test_the_oldest_case_stands_first(database: Database) -> None:
    await _open(database, case("b"), case("a"), case("c"))

    assert await _opened(database) == ["b", "a", "c"]


async def test_an_open_case_does_not_get_younger(database: Database) -> None:
    """M-13 counts from the first time; a step recorded again is as old as it was."""
    await _open(database, case("b"), case("a"), case("b", text="again"))

    assert await _opened(database) == ["b", "a"]


async def test_a_case_that_is_opened_again_counts_from_then(database: Database) -> None:
    await _open(database, case("b"), case("a"))
    await _close(database, "b")
    await _open(database, case("b"))

    assert await _opened(database) == ["a", "b"]


async def test_a_case_that_was_never_opened_is_a_bug(database: Database) -> None:
    with pytest.raises(NoResultFound):
        await _close(database, "case-9")
