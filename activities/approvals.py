"""Approvals: fetching what was approved and reached in a PSA since the last time."""

import zlib
from collections.abc import Iterable
from datetime import UTC, datetime, time

from temporalio import activity

from activities import failures
from activities.deals import routes
from activities.pace import Pace
from canonical.base import Record
from canonical.contracts import Contract, ContractId
from canonical.entries import MilestoneReached, TimeEntry
from canonical.landscape import Landscape
from canonical.processes import CollectRequest, Lane
from canonical.projects import Project, ProjectCode
from canonical.slices import Slice
from canonical.systems import ForeignId, SystemId
from canonical.worktime import WorkTime
from connectors import errors, ports
from store import billing, clock, contracts, crosswalk, entries, inbox, slices
from store.database import Database, Transaction
from store.entries import Filed
from store.inbox import Delivery
from store.tables.traffic import Outcome

_NO_TIME = WorkTime.of_minutes(0)
_REQUESTS_A_PAGE = 2
_NOTHING_NEW = (Outcome.SUPERSEDED, "nothing newly approved")


class Collected(Record):
    """How many messages were new, and how many were brought to their outcome."""

    received: int
    settled: int


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
                waiting = await inbox.waiting(tx, request.psa)
            for delivery in waiting:
                await self._apply(delivery)
        return Collected(received=received, settled=len(waiting))

    async def _poll(self, psa: SystemId) -> int:
        async with self._database.reading() as tx:
            cursor = await inbox.cursor(tx, psa)
            now = datetime.combine(await clock.today(tx), time.max, UTC)
        found = await self._psa.changes(cursor, now)
        async with self._database.transaction() as tx:
            new = await inbox.receive_all(tx, psa, found.notices)
            await inbox.move_cursor(tx, psa, found.cursor)
        return new

    async def _apply(self, delivery: Delivery) -> None:
        bring = self._reach if delivery.notice.kind == "milestone" else self._fetch
        try:
            outcome, reason = await bring(delivery.notice.subject)
        except errors.Missing:
            outcome, reason = Outcome.VOIDED, "it is gone"
        async with self._database.transaction() as tx:
            await inbox.settle(tx, delivery, outcome, reason=reason)

    async def _fetch(self, timesheet: ForeignId) -> tuple[Outcome, str]:
        page: int | None = 1
        new = 0
        strangers: set[str] = set()
        while page is not None:
            await self._pace.turn(_REQUESTS_A_PAGE)
            found = await self._psa.approved_time(timesheet, page)
            async with self._database.transaction() as tx:
                new += await self._file(tx, timesheet, found.entries, strangers)
            page = found.next_page
        reason = f"project {', '.join(sorted(strangers))} is not one of ours" if strangers else ""
        if new:
            return Outcome.APPLIED, reason
        return (Outcome.REJECTED, reason) if strangers else _NOTHING_NEW

    async def _file(
        self,
        tx: Transaction,
        timesheet: ForeignId,
        found: Iterable[TimeEntry],
        strangers: set[str],
    ) -> int:
        by_project: dict[ForeignId, list[TimeEntry]] = {}
        for entry in found:
            by_project.setdefault(entry.project, []).append(entry)
        added = 0
        for foreign, group in by_project.items():
            code = await crosswalk.ours(tx, "project", foreign)
            if code is None:
                strangers.add(str(foreign))
                continue
            project = await contracts.project(tx, ProjectCode(code))
            filed = [Filed(entry, project.code, project.contract) for entry in group]
            lane = self._lane(project).key
            added += await entries.add(tx, filed, lane=lane, timesheet=timesheet)
        return added

    def _lane(self, project: Project) -> Lane:
        found = routes(self._landscape, project.entity)
        shard = zlib.crc32(project.code.encode()) % self._landscape.posting_shards
        return Lane(
            erp=found.erp if found else SystemId("unknown"), entity=project.entity, shard=shard
        )

    async def _reach(self, milestone: ForeignId) -> tuple[Outcome, str]:
        await self._pace.turn(_REQUESTS_A_PAGE)
        reached = await self._psa.milestone_reached(milestone)
        if reached is None:
            return Outcome.SUPERSEDED, "not completed, or not one of ours"
        async with self._database.transaction() as tx:
            if await slices.exists(tx, reached.milestone):
                return Outcome.SUPERSEDED, "reached before"
            contract = await contracts.get(tx, _contract_of(reached))
            await slices.add(tx, [(contract.id, _slice(contract, reached))])
            await billing.request(
                tx,
                contract.id,
                kind=billing.MILESTONE,
                key=reached.milestone,
                cut_off=reached.reached_on,
            )
        return Outcome.APPLIED, ""


def _contract_of(reached: MilestoneReached) -> ContractId:
    return ContractId(reached.milestone.rpartition("/")[0])


def _slice(contract: Contract, reached: MilestoneReached) -> Slice:
    terms = contract.lines[0].terms
    if terms.model != "milestones":
        raise LookupError(reached.milestone)  # its id was given out with the milestones
    sold = next(term for term in terms.milestones if term.id == reached.milestone)
    return Slice(
        source=sold.id,
        number=1,
        project=reached.project,
        state="ready",
        work_date=reached.reached_on,
        worked=_NO_TIME,
        amount=sold.amount,
        unit_price=sold.amount.amount,
        text=sold.name,
    )
