"""Behavior of hour journals: numbers, defaults of a line, and posted is for good."""

from world.sandboxes.dynamics import _dimensions, _references
from world.sandboxes.dynamics._infolog import write_failed
from world.sandboxes.dynamics._project_data import HOUR_JOURNALS, HOUR_LINES
from world.sandboxes.dynamics._rules import Change, Rule
from world.sandboxes.dynamics._schema import UNSET_DATE, EntitySet, Row


def _refuse_if_posted(entity: EntitySet, journal: Row | None) -> None:
    if journal and journal["Posted"] == "Yes":
        number = journal["JournalBatchNumber"]
        raise write_failed(entity, [f"Journal {number} is posted and cannot be changed"])


def _guard_journal(change: Change) -> None:
    _refuse_if_posted(HOUR_JOURNALS, change.row)


def _number_journal(change: Change) -> None:
    row = change.row
    if not row["JournalBatchNumber"]:
        company = row["dataAreaId"]
        row["JournalBatchNumber"] = (
            f"{company.upper()}-{change.session.number(company, 'ProjJournal'):06}"
        )


def _delete_lines(change: Change) -> None:
    rows = change.session.rows
    for line in rows.find(HOUR_LINES, "JournalId", change.row["JournalBatchNumber"]):
        rows.delete(HOUR_LINES, line)


def _guard_line(change: Change) -> None:
    journal = _references.target(change.session, HOUR_LINES, change.row, "JournalId")
    _refuse_if_posted(HOUR_LINES, journal)


def _prepare_line(change: Change) -> None:
    row = change.row
    if not row["ResourceCompanyId"]:
        row["ResourceCompanyId"] = row["dataAreaId"]
    if row["VoucherDate"] == UNSET_DATE:
        row["VoucherDate"] = row["ProjectDate"]
    company = None if row["CurrencyId"] else change.session.known_company(row["dataAreaId"])
    if company:
        row["CurrencyId"] = company.currency


def _finish_line(change: Change) -> None:
    _guard_line(change)
    row = change.row
    allowed = change.session.settings.hours_decimals
    if len(row["Hours"].partition(".")[2]) > allowed:
        problem = f"Hours {row['Hours']} has more than {allowed} decimals"
        raise write_failed(HOUR_LINES, [problem])
    _dimensions.check_written(change.session, HOUR_LINES, row, "DimensionDisplayValue")


HOUR_RULES = {
    "JournalTables": Rule(guard=_guard_journal, prepare=_number_journal, deleted=_delete_lines),
    "JournalTrans": Rule(guard=_guard_line, prepare=_prepare_line, finish=_finish_line),
}
