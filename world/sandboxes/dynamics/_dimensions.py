r"""Financial dimensions as display values: `CONS-P\-1` is two values, `CONS` and `P-1`."""

import re

from world.sandboxes.dynamics._infolog import write_failed
from world.sandboxes.dynamics._ledger_data import DIMENSION_VALUES
from world.sandboxes.dynamics._schema import SEPARATOR, EntitySet, Row
from world.sandboxes.dynamics._session import Session


def account_display(session: Session, account: str, dimensions: str) -> str:
    """Return a ledger account with its dimensions, as the ledger shows it."""
    delimiter = session.settings.dimension_delimiter
    shown = account.replace(delimiter, f"\\{delimiter}")
    return f"{shown}{delimiter}{dimensions}" if dimensions else shown


def main_account(session: Session, display: str) -> tuple[str, str]:
    """Return the main account of a ledger account's display value, and its dimensions."""
    delimiter = session.settings.dimension_delimiter
    account, *rest = _split(delimiter, display, most=1)
    return account.replace(f"\\{delimiter}", delimiter), "".join(rest)


def problems(session: Session, company: str, display: str) -> list[str]:
    """Return what is wrong with a display value in a company; an empty value is none."""
    if not display:
        return []
    names = session.settings.dimension_order
    values = _values(session, display)
    if len(values) > len(names):
        shown = session.settings.dimension_delimiter.join(names)
        return [f"The dimension display value '{display}' does not fit the format '{shown}'"]
    return [
        problem
        for name, value in zip(names, values, strict=False)
        if value and (problem := _problem(session, company, name, value))
    ]


def check_written(session: Session, entity: EntitySet, row: Row, field: str) -> None:
    """Refuse a row with unknown dimension values, where they are checked when written."""
    if not session.settings.dimensions_checked_on_write:
        return
    found = problems(session, row["dataAreaId"], row[field])
    if found:
        raise write_failed(entity, found)


def _values(session: Session, display: str) -> list[str]:
    delimiter = session.settings.dimension_delimiter
    parts = _split(delimiter, display)
    return [part.replace(f"\\{delimiter}", delimiter) for part in parts]


def _split(delimiter: str, display: str, *, most: int = 0) -> list[str]:
    """Return the parts between delimiters that are not escaped, at most so many cuts."""
    return re.split(rf"(?<!\\){re.escape(delimiter)}", display, maxsplit=most)


def _problem(session: Session, company: str, name: str, value: str) -> str:
    keys = (SEPARATOR.join((name, owner, value)) for owner in (company, ""))
    found = [row for key in keys if (row := session.rows.get(DIMENSION_VALUES, key))]
    if not found:
        return f"The value '{value}' of the financial dimension '{name}' does not exist"
    if found[0]["IsSuspended"] == "Yes":
        return f"The value '{value}' of the financial dimension '{name}' is suspended"
    return ""
