"""Cases: a failure as a business object, with what it blocks and who can end it."""

from typing import Literal, NewType

from canonical.base import Record
from canonical.money import Money

CaseId = NewType("CaseId", str)
ErrorClass = Literal[
    "E01", "E02", "E03", "E04", "E05", "E06", "E07", "E08", "E09", "E10", "E11", "E12", "E13",
    "E14", "E15", "E16", "E17", "E18", "E19", "E20", "E21", "E22", "E23", "E24", "E25", "E26",
]  # fmt: skip
Certainty = Literal["not_sent", "outcome_unknown", "rejected", "partially_applied"]
Owner = Literal["finance", "delivery", "sales_ops", "integration"]


class Defect(Record):
    """One thing that is wrong or missing, where, and what to do about it."""

    error_class: ErrorClass
    subject: str
    field: str
    owner: Owner
    text: str


class Case(Record):
    """A parked step. `root_cause` groups what one fix resumes; `at_risk` is what it blocks."""

    id: CaseId
    error_class: ErrorClass
    step: str
    workflow: str
    subject: str
    text: str
    root_cause: str
    owner: Owner
    certainty: Certainty
    at_risk: Money | None = None
    is_open: bool = True
