"""Postings: approved work on its way into the ERP, in frozen batches."""

from datetime import date
from typing import NewType

from canonical.base import Record
from canonical.entries import EntryKey
from canonical.money import Rate
from canonical.organization import EntityId
from canonical.projects import FinancialDimensions
from canonical.worktime import WorkTime

BatchId = NewType("BatchId", str)  # lane and sequence: erp-main/USMF/0/17


class HourLine(Record):
    """The cost of one entry. `category` and `resource` are the ERP's own codes."""

    number: int
    entry: EntryKey
    dimensions: FinancialDimensions
    resource: str
    category: str
    work_date: date
    worked: WorkTime
    cost: Rate


class HourBatch(Record):
    """A batch as it was frozen; a retry never cuts it again."""

    id: BatchId
    entity: EntityId
    lines: tuple[HourLine, ...]
