"""Polls that fail: one case per system, opened and closed by itself, so that a person sees it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from temporalio import activity

from activities import failures
from canonical.cases import Case, CaseId
from canonical.notices import Notice
from canonical.systems import SystemId
from connectors import errors
from store import cases
from store.database import UNAVAILABLE, Database

READING = "collect"  # the workflow of cases about what cannot be read
_STEP = "Poll what has changed"
_UNREACHABLE = 10  # attempts, which is some minutes; what is shorter passes by itself


@asynccontextmanager
async def watched(database: Database, system: SystemId) -> AsyncGenerator[None]:
    """Tell a person of a system that cannot be polled, for as long as that is so.

    Credentials that are refused and answers that do not fit are told at once; a system that does
    not answer once that has lasted.
    """
    try:
        yield
    except UNAVAILABLE:
        raise
    except Exception as failure:
        if _is_told(failure):
            await _open(database, _case(system, failure))
        raise
    await _close(database, system)


def unread(notice: Notice, trouble: str) -> Case:
    """Return the case of a message whose subject cannot be read, for the error of that name."""
    kind = failures.error_class(trouble or "Drifted")
    return Case(
        id=CaseId(f"{READING}/{notice.subject}"),
        error_class=kind,
        step="Read what was approved",
        workflow=READING,
        subject=str(notice.subject),
        text=f"{notice.kind} {notice.subject} cannot be read ({trouble}); a later poll tries again",
        root_cause=f"{kind}/{notice.subject}",
        owner=failures.owner(kind),
        certainty="not_sent",
    )


def _is_told(failure: Exception) -> bool:
    if not isinstance(failure, errors.Transient):
        return True
    return activity.info().attempt >= _UNREACHABLE


async def _open(database: Database, case: Case) -> None:
    async with database.transaction() as tx:
        if case.id not in await cases.open_of(tx, case.workflow):
            await cases.open_case(tx, case)


async def _close(database: Database, system: SystemId) -> None:
    async with database.reading() as tx:
        is_open = _id(system) in await cases.open_of(tx, _workflow(system))
    if is_open:
        async with database.transaction() as tx:
            await cases.close_case(tx, _id(system))


def _workflow(system: SystemId) -> str:
    return f"poll:{system}"


def _id(system: SystemId) -> CaseId:
    return CaseId(f"{_workflow(system)}/{_STEP}")


def _case(system: SystemId, failure: Exception) -> Case:
    name = type(failure).__name__
    kind = failures.error_class(name)
    why = str(failure) if isinstance(failure, errors.ConnectorError) else name
    return Case(
        id=_id(system),
        error_class=kind,
        step=_STEP,
        workflow=_workflow(system),
        subject=system,
        text=f"nothing new comes in from {system}: {why}. `tiebeam doctor` looks at a system; "
        "every poll tries again",
        root_cause=f"{kind}/{name}/{system}",
        owner=failures.owner(kind),
        certainty="not_sent",
    )
