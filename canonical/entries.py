"""Time entries: approved work, as the system that captured it reports it."""

from datetime import date, datetime
from typing import NewType

from canonical.base import Record
from canonical.contracts import MilestoneId
from canonical.money import Rate
from canonical.projects import ProjectCode
from canonical.systems import ForeignId
from canonical.worktime import WorkTime

EntryKey = NewType("EntryKey", str)  # system and id: psa-main:101


class TimeEntry(Record):
    """Work that somebody approved. `employee` is the employee number; None if unknown."""

    id: ForeignId
    project: ForeignId
    employee: str | None
    role: str
    work_date: date
    worked: WorkTime
    is_billable: bool
    cost: Rate | None
    approved_by: str
    approved_at: datetime
    note: str = ""

    @property
    def key(self) -> EntryKey:
        """Return the entry's business key."""
        return EntryKey(str(self.id))


class MilestoneReached(Record):
    """Delivery says that a milestone is done."""

    id: ForeignId
    milestone: MilestoneId
    project: ProjectCode
    reached_on: date
