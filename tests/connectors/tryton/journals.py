"""Journals of the tests, filled, and what Tryton has of them."""

from typing import Any

from canonical.postings import HourBatch
from canonical.systems import ForeignId
from connectors.tryton import Tryton
from tests.connectors.tryton.firm import Firm
from tests.connectors.tryton.house import DEMF, a_deal

_LINE = ("description", "debit", "credit", "account.code", "amount_second_currency")


async def filled(erp: Tryton) -> tuple[ForeignId, HourBatch]:
    deal = await a_deal(erp)
    batch = deal.batch()
    journal = await erp.create_journal(DEMF, batch.id)
    await erp.fill_journal(journal, batch)
    return journal, batch


def cost_lines(firm: Firm, batch: HourBatch) -> list[dict[str, Any]]:
    """Return debits and credits; a placeholder is neither."""
    rows = firm.rows("account.move.line", [["move.description", "=", batch.id]], *_LINE)
    return [row for row in rows if row["debit"] or row["credit"]]


def time_lines(firm: Firm, batch: HourBatch) -> list[dict[str, Any]]:
    rows = firm.rows(
        "timesheet.line",
        [["description", "like", f"% {batch.id}"]],
        *("description", "duration", "date", "employee.party.code"),
    )
    return [{**row, "employee.party.code": row["employee."]["party."]["code"]} for row in rows]
