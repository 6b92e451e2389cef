from datetime import date

import pytest
from sqlalchemy.exc import IntegrityError

import settings
from canonical.mappings import Mapping
from canonical.systems import SystemId
from settings import Settings
from store import mappings
from store.database import Database
from tests.fakes import ERP, PSA, USMF, mapping
from tests.store.trails import audited

_ROW = mapping("category", "MANAGER", "MGR")


async def _add(database: Database, *rows: Mapping) -> int:
    async with database.transaction() as tx:
        return await mappings.add(tx, rows)


async def _rows(database: Database, system: SystemId = ERP) -> set[Mapping]:
    async with database.reading() as tx:
        return set((await mappings.of_system(tx, system)).rows)


async def test_a_row_comes_back_as_it_was(database: Database) -> None:
    """R-070: with its owner, who also stands in the trail."""
    own = mapping("category", "MANAGER", "MGR-US", entity=USMF, owner="tax")
    await _add(database, _ROW, own)

    assert await _rows(database) == {_ROW, own}
    trail = await audited(database, "erp-main/category/MANAGER")
    assert sorted((row.action, row.detail, row.actor) for row in trail) == [
        ("mapping.added", "MGR", "finance"),
        ("mapping.added", "MGR-US", "tax"),
    ]


async def test_a_row_is_added_once(database: Database) -> None:
    assert await _add(database, _ROW) == 1
    assert await _add(database, _ROW) == 0
    assert await _add(database, _ROW, mapping("category", "CONSULTANT", "CONS")) == 1


async def test_a_row_never_changes(database: Database) -> None:
    """R-094: a change is a new version or a new first day."""
    await _add(database, _ROW)

    with pytest.raises(IntegrityError):
        await _add(database, mapping("category", "MANAGER", "MANAGERS"))

    assert await _rows(database) == {_ROW}


@pytest.mark.parametrize(
    "change",
    [{"version": 2}, {"valid_from": date(2026, 7, 1)}, {"entity": USMF}, {"system": PSA}],
    ids=["version", "day", "entity", "system"],
)
async def test_what_replaces_a_row_stands_beside_it(
    database: Database, change: dict[str, object]
) -> None:
    await _add(database, _ROW)

    assert await _add(database, mapping("category", "MANAGER", "MANAGERS", **change)) == 1
    assert _ROW in await _rows(database)


async def test_a_system_has_its_own_rows(database: Database) -> None:
    role = mapping("role", "Manager", "MANAGER", system=PSA)
    await _add(database, _ROW, role)

    assert await _rows(database, ERP) == {_ROW}
    assert await _rows(database, PSA) == {role}


async def test_the_shipped_rows_can_be_looked_up(database: Database) -> None:
    await _add(database, *settings.load_mappings(Settings().mappings))

    async with database.reading() as tx:
        erp = await mappings.of_system(tx, ERP)
    assert erp.value("payment_terms", "NET30", entity=USMF, on=date(2026, 6, 1)) == "Net30"
