"""Slices: the parts of an approved quantity and amount, each in one state (L-1)."""

from datetime import date
from typing import Literal

from canonical.base import Record
from canonical.money import Exact, Money
from canonical.projects import ProjectCode
from canonical.worktime import WorkTime

SliceState = Literal["ready", "held", "billed", "covered", "non_billable", "written_off"]
Hold = Literal["cap", "person", "recall"]


class Slice(Record):
    """A part of a source (an entry or a milestone). Amounts are never recomputed from hours.

    A held one says in `hold` what holds it, and in `reason` why, in words.
    """

    source: str
    number: int
    project: ProjectCode
    state: SliceState
    work_date: date
    worked: WorkTime
    amount: Money
    unit_price: Exact
    text: str
    hold: Hold | None = None
    reason: str = ""
