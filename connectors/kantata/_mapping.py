"""Kantata's words to ours. Pure functions; what does not fit is a ValueError or LookupError."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

from canonical.contracts import MilestoneId
from canonical.entries import MilestoneReached, TimeEntry
from canonical.money import Rate
from canonical.notices import Notice, NoticeKind, Notices
from canonical.projects import ProjectCode
from canonical.systems import ForeignId, SystemId
from canonical.worktime import WorkTime
from connectors.kantata import _wire
from connectors.kantata._cursor import Cursor

NOTICES: dict[str, NoticeKind] = {"timesheet:updated": "timesheet", "story:updated": "milestone"}


class Approval(NamedTuple):
    """Which timesheet was approved, by whom, and when."""

    submission: str
    by: str
    at: datetime


def notices(events: Iterable[_wire.Event], cursor: Cursor, system: SystemId) -> Notices:
    """Return what changed, and the cursor with the newest moment that we have seen."""
    found: list[Notice] = []
    moments = [] if cursor.newest is None else [cursor.newest]
    for event in events:
        moments.append(event.created_at)
        kind = NOTICES.get(event.event_type)
        if kind is not None:
            subject = ForeignId(system=system, value=event.subject_id)
            found.append(Notice(id=event.id, kind=kind, subject=subject))
    moved = replace(cursor, newest=max(moments, default=None))
    return Notices(notices=tuple(found), cursor=moved.written())


def approval(submission: _wire.Submission) -> Approval | None:
    """Return who approved a timesheet and when; None if nobody did."""
    if submission.status != "approved":
        return None
    by = submission.current_resolution_creator_id
    at = submission.current_resolution_created_at_date
    if by is None or at is None:
        msg = "approved, but by nobody"
        raise ValueError(msg)
    return Approval(submission.id, by, at.astimezone(UTC))


def employees(page: _wire.Page) -> dict[str, str]:
    """Return the employee numbers on a page, by the id of the user."""
    rows = (page.external_references[result.id] for result in page.results)
    wanted = ("hr", "Worker", "User")
    return {
        row.subject_id: row.service_model_ref
        for row in rows
        if (row.service_name, row.service_model, row.subject_type) == wanted
    }


def time_entry(
    wire: _wire.TimeEntry,
    approved: Approval,
    roles: Mapping[str, _wire.Role],
    numbers: Mapping[str, str],
    system: SystemId,
) -> TimeEntry:
    """Return an entry of the timesheet, its minutes and cost as they were captured."""
    if wire.active_submission_id != approved.submission:
        msg = "an entry of another timesheet"
        raise ValueError(msg)
    return TimeEntry(
        id=ForeignId(system=system, value=wire.id),
        project=ForeignId(system=system, value=wire.workspace_id),
        employee=numbers.get(wire.user_id),
        role="" if wire.role_id is None else roles[wire.role_id].name,
        work_date=wire.date_performed,
        worked=WorkTime.of_minutes(wire.time_in_minutes),
        is_billable=wire.billable,
        cost=_cost(wire),
        approved_by=approved.by,
        approved_at=approved.at,
        note=wire.notes or "",
    )


def milestone_reached(
    story: _wire.Story, milestone: str, project: str, system: SystemId
) -> MilestoneReached:
    """Return a completed milestone; the day is that of its last change, where the account is."""
    return MilestoneReached(
        id=ForeignId(system=system, value=story.id),
        milestone=MilestoneId(milestone),
        project=ProjectCode(project),
        reached_on=story.updated_at.date(),
    )


def _cost(wire: _wire.TimeEntry) -> Rate | None:
    if wire.cost_rate_in_cents is None:
        return None
    per_hour = Decimal(wire.cost_rate_in_cents) / wire.currency_base_unit
    return Rate(currency=wire.currency, per_hour=per_hour)
