"""Approvals: fetching what was approved and reached in a PSA since the last time."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from temporalio import activity

from activities import failures, late_work, milestones, polls, recalls, unasked
from activities.deals import routes
from activities.pace import Pace
from canonical.base import Record
from canonical.entries import EntryKey, MilestoneReached, TimeEntry
from canonical.landscape import Landscape
from canonical.processes import CollectRequest, InvoiceRequest, Lane, PostLane
from canonical.projects import Project, ProjectCode
from canonical.systems import ForeignId, SystemId
from connectors import errors, ports
from store import cases, clock, contracts, crosswalk, entries, inbox, slices
from store import recalls as recalled
from store.database import Database, Transaction
from store.entries import Added, Arrival, Filed
from store.inbox import Delivery
from store.tables.traffic import Outcome

_REQUESTS_A_PAGE = 3  # of the first; the others make fewer
_A_STEP = 100  # messages
_TOGETHER = 50  # of them in one transaction
_IN_A_ROW = 3  # messages that the PSA does not answer for: then it answers for none
_NOTHING_NEW = (Outcome.SUPERSEDED, "nothing newly approved")

Settled = tuple[Outcome, str]
_Projects = Mapping[ForeignId, Project | None]  # None: not one of ours


class Collected(Record):
    """How many messages were new, how many brought to their outcome, and if that is all."""

    received: int
    settled: int
    is_all: bool = True


@dataclass(frozen=True)
class _Read:
    """What a message is about, as the PSA has it now."""

    delivery: Delivery
    entries: Sequence[TimeEntry] = ()
    reached: MilestoneReached | None = None
    is_gone: bool = False
    trouble: str = ""  # the name of the error for which it cannot be read
    lost: errors.Transient | None = None  # that error, where it may have passed at the next try


class PsaApprovals:
    """Steps about approvals, bound to one PSA by the worker."""

    def __init__(
        self, psa: ports.Psa, database: Database, landscape: Landscape, pace: Pace
    ) -> None:
        self._psa = psa
        self._database = database
        self._landscape = landscape
        self._pace = pace

    @activity.defn(name="approvals.collect")
    async def collect(self, request: CollectRequest) -> Collected:
        """Poll, then fetch what the messages are about. Idempotent: by message and entry.

        As many requests as there are pages, at the system's own pace.
        """
        with failures.reported():
            received = await self._poll(request.psa)
            async with self._database.reading() as tx:
                waiting = await inbox.waiting(tx, request.psa, limit=_A_STEP)
            settled = 0
            for start in range(0, len(waiting), _TOGETHER):
                settled += await self._apply(waiting[start : start + _TOGETHER])
        is_all = len(waiting) < _A_STEP or not settled
        return Collected(received=received, settled=settled, is_all=is_all)

    @activity.defn(name="approvals.reread_held")
    async def reread_held(self, request: PostLane) -> int:
        """Read held entries again and release what is approved still. Idempotent: newest state."""
        with failures.reported():
            async with self._database.reading() as tx:
                timesheets = await entries.held_timesheets(tx, request.lane.key)
            found = [(sheet, await self._approved_now(sheet)) for sheet in timesheets]
            async with self._database.transaction() as tx:
                projects = await _projects(tx, [entry for _, read in found for entry in read])
                arrivals = self._arrivals(found, projects)
                key = request.lane.key
                released, void = await entries.reconsider_held(tx, key, timesheets, arrivals)
                await slices.drop_held(tx, void)
                return released

    @activity.defn(name="approvals.recheck")
    async def recheck(self, request: InvoiceRequest) -> None:
        """Read again what is on a draft, and take off what is recalled. Idempotent: newest state.

        As many requests as its timesheets have pages, at the system's own pace.
        """
        with failures.reported():
            reference = f"{request.invoice}/{request.revision}"
            async with self._database.reading() as tx:
                on_draft = [part.source for _, part in await slices.on_invoice(tx, reference)]
                timesheets = await recalled.timesheets(tx, on_draft)
            approved = {sheet: await self._approved_now(sheet) for sheet in timesheets}
            async with self._database.transaction() as tx:
                projects = await _projects(tx, [one for read in approved.values() for one in read])
                arrivals = self._arrivals(approved.items(), projects)
                changed = await entries.changed(tx, arrivals)
                await recalls.recall(tx, _keys(approved, projects), changed)
                await recalls.take_off_recalled(tx, on_draft)

    async def _poll(self, psa: SystemId) -> int:
        async with self._database.reading() as tx:
            cursor = await inbox.cursor(tx, psa)
            now = datetime.combine(await clock.today(tx), time.max, UTC)
        async with polls.watched(self._database, psa):
            found = await self._psa.changes(cursor, now)
        async with self._database.transaction() as tx:
            new = await inbox.receive_all(tx, psa, found.notices)
            await inbox.move_cursor(tx, psa, found.cursor)
        return new

    async def _apply(self, deliveries: Sequence[Delivery]) -> int:
        read: list[_Read] = []
        try:
            for delivery in deliveries:
                read.append(await self._read(delivery))
                _stop_if_away(read)
        finally:  # what was read before one broke off is kept
            async with self._database.transaction() as tx:
                await self._keep(tx, read)
        return sum(not one.trouble for one in read)

    async def _read(self, delivery: Delivery) -> _Read:
        notice = delivery.notice
        try:
            if notice.kind == "milestone":
                return _Read(delivery, reached=await self._milestone(notice.subject))
            return _Read(delivery, entries=await self._entries(notice.subject))
        except errors.Missing:
            return _Read(delivery, is_gone=True)
        except (errors.Drifted, errors.Rejected) as exc:  # of this one message; others go on
            return _Read(delivery, trouble=type(exc).__name__)
        except errors.Transient as exc:
            if exc.retry_after is not None:  # the system asks for a rest
                raise
            return _Read(delivery, trouble=type(exc).__name__, lost=exc)

    async def _milestone(self, milestone: ForeignId) -> MilestoneReached | None:
        await self._pace.turn(_REQUESTS_A_PAGE)
        return await self._psa.milestone_reached(milestone)

    async def _entries(self, timesheet: ForeignId) -> list[TimeEntry]:
        found: list[TimeEntry] = []
        page: int | None = 1
        while page is not None:
            await self._pace.turn(_REQUESTS_A_PAGE)
            read = await self._psa.approved_time(timesheet, page)
            found += read.entries
            page = read.next_page
        return found

    async def _approved_now(self, timesheet: ForeignId) -> Sequence[TimeEntry]:
        try:
            return await self._entries(timesheet)
        except errors.Missing:
            return ()

    async def _keep(self, tx: Transaction, read: Sequence[_Read]) -> None:
        projects = await _projects(tx, [entry for one in read for entry in one.entries])
        brought = [(one.delivery.notice.subject, one.entries) for one in read]
        sheets = [one.delivery.notice.subject for one in read if not one.trouble]
        arrivals, late = await late_work.sort_out(tx, sheets, self._arrivals(brought, projects))
        added = await entries.add(tx, arrivals)
        freed = await recalls.approve_again(tx, added.again)
        recalled = await recalls.recall(tx, _told(read, projects), added.too_late)
        for contract in sorted(freed):
            await unasked.look(tx, self._landscape, contract)
        settled: list[tuple[Delivery, Outcome, str]] = []
        waiting = await cases.open_of(tx, polls.READING)
        for one in read:
            case = polls.unread(one.delivery.notice, one.trouble)
            if one.trouble:
                await inbox.put_off(tx, one.delivery)
                if one.lost is None or one.delivery.tries + 1 >= inbox.TRIES:
                    await cases.open_case(tx, case)
                continue
            if case.id in waiting:
                await cases.close_case(tx, case.id)
            if one.delivery.notice.kind == "milestone" and not one.is_gone:
                outcome, reason = await milestones.reach(tx, one.reached)
            else:
                outcome, reason = _outcome(one, projects, added, recalled, late)
            settled.append((one.delivery, outcome, reason))
        await inbox.settle_all(tx, settled)

    def _arrivals(
        self, brought: Iterable[tuple[ForeignId, Iterable[TimeEntry]]], projects: _Projects
    ) -> Sequence[Arrival]:
        """Return the entries of our projects, each with the lane that is to post it."""
        lanes = {each.code: self._lane(each).key for each in projects.values() if each}
        return [
            Arrival(Filed(entry, project.code, project.contract), lanes[project.code], timesheet)
            for timesheet, found in brought
            for entry in found
            if (project := projects[entry.project]) is not None
        ]

    def _lane(self, project: Project) -> Lane:
        found = routes(self._landscape, project.entity)
        shard = zlib.crc32(project.code.encode()) % self._landscape.posting_shards
        return Lane(
            erp=found.erp if found else SystemId("unknown"), entity=project.entity, shard=shard
        )


def _stop_if_away(read: list[_Read]) -> None:
    """Leave out what was lost, and stop, where one message after the other was: it is the PSA."""
    last = [one.lost for one in read[-_IN_A_ROW:]]
    if len(last) == _IN_A_ROW and last[-1] is not None and all(last):
        del read[-_IN_A_ROW:]
        raise last[-1]


async def _projects(tx: Transaction, found: Iterable[TimeEntry]) -> _Projects:
    projects: dict[ForeignId, Project | None] = {}
    for entry in found:
        if entry.project not in projects:
            code = await crosswalk.ours(tx, "project", entry.project)
            known = await contracts.project(tx, ProjectCode(code)) if code else None
            projects[entry.project] = known
    return projects


def _told(read: Sequence[_Read], projects: _Projects) -> dict[ForeignId, set[EntryKey]]:
    """Return what is approved of each timesheet that was read."""
    return _keys(
        {
            one.delivery.notice.subject: one.entries
            for one in read
            if one.delivery.notice.kind == "timesheet" and not one.trouble
        },
        projects,
    )


def _keys(
    approved: Mapping[ForeignId, Sequence[TimeEntry]], projects: _Projects
) -> dict[ForeignId, set[EntryKey]]:
    """Return what is approved on our projects: time that moved to another is ours no longer."""
    return {
        sheet: {entry.key for entry in found if projects[entry.project] is not None}
        for sheet, found in approved.items()
    }


def _outcome(
    read: _Read,
    projects: _Projects,
    added: Added,
    recalled: Mapping[ForeignId, int],
    late: set[EntryKey],
) -> Settled:
    keys = {entry.key for entry in read.entries}
    taken_back = recalled.get(read.delivery.notice.subject, 0)
    if taken_back and not added.too_late & keys:
        return Outcome.VOIDED, f"{taken_back} entries are approved no longer"
    if read.is_gone:
        return Outcome.VOIDED, "it is gone"
    own = added.taken & keys
    added.taken.difference_update(own)  # a timesheet that is told of twice brings them once
    reasons = [f"{key} came changed after it was posted" for key in sorted(added.too_late & keys)]
    strangers = sorted({str(e.project) for e in read.entries if projects[e.project] is None})
    after = sorted(late & keys)
    reasons += [f"{key} was approved after its deal was closed" for key in after]
    if strangers:
        reasons.append(f"project {', '.join(strangers)} is not one of ours")
    if own:
        return Outcome.APPLIED, "; ".join(reasons)
    return (Outcome.REJECTED, "; ".join(reasons)) if reasons else _NOTHING_NEW
