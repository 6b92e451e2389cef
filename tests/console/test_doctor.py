"""What the doctor says of disk and store, and how a report is told."""

from io import StringIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import ValidationError
from rich.console import Console

from canonical.findings import Finding, broken, doubtful, well
from console.doctor import examination, report, storage
from console.doctor.report import Findings
from store.database import Database

_MIB = 1024 * 1024
FOUND: Findings = {
    "stack": [well("store", "answers"), doubtful("disk", "nearly full", "make room")],
    "erp-main (dynamics)": [broken("period (USMF)", "is closed [now]", "open it")],
}


@pytest.mark.parametrize(
    ("free", "severity"), [(100, "broken"), (500, "warning"), (1024, "ok"), (10**6, "ok")]
)
def test_a_disk_is_judged_by_the_room_on_it(free: int, severity: str) -> None:
    assert storage.room(free * _MIB, Path("state")).severity == severity


def test_the_disk_of_a_directory_is_looked_at(tmp_path: Path) -> None:
    assert str(tmp_path) in storage.disk(tmp_path).found


async def test_a_store_is_well_on_its_own_schema(database: Database) -> None:
    found = await storage.store(database)

    assert [each.severity for each in found] == ["ok", "ok"]


async def test_a_store_that_a_newer_release_made_is_told(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))

    _, schema = await storage.store(database)

    assert schema.severity == "broken"
    assert "newer release" in schema.found


async def test_a_store_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'nowhere' / 'store.db'}")

    (found,) = await storage.store(database)

    assert (found.what, found.severity) == ("store", "broken")
    assert "TIEBEAM_STORE_URL" in found.fix


def test_a_finding_has_a_fix_exactly_if_something_is_wrong() -> None:
    with pytest.raises(ValidationError):
        Finding(what="x", severity="ok", found="y", fix="z")
    with pytest.raises(ValidationError):
        Finding(what="x", severity="broken", found="y")


def test_a_report_for_a_program_names_each_subject_and_counts() -> None:
    told = report.plain(FOUND)

    assert told["summary"] == {"ok": 1, "warning": 1, "broken": 1}
    assert told["findings"][2] == {
        "subject": "erp-main (dynamics)",
        "what": "period (USMF)",
        "severity": "broken",
        "found": "is closed [now]",
        "fix": "open it",
    }


def test_a_report_for_a_person_has_a_table_a_subject_and_shows_brackets() -> None:
    screen = Console(file=StringIO(), width=120, color_system=None)

    for view in (*report.tables(FOUND), report.sentence(FOUND)):
        screen.print(view)

    assert isinstance(screen.file, StringIO)
    shown = screen.file.getvalue()
    assert all(word in shown for word in ("stack", "erp-main", "is closed [now]", "open it"))
    assert "broken: 1, warnings: 1, ok: 1" in shown


@pytest.mark.parametrize(
    ("server", "is_nothing"),
    [(broken("temporal", "no answer", "start it"), True), (well("reach", "answers"), False)],
)
def test_nothing_is_there_only_if_nothing_answers(server: Finding, *, is_nothing: bool) -> None:
    found = {"stack": [server, broken("gateway", "unreachable", "start it")]}

    assert examination.is_nothing_there(found) is is_nothing
