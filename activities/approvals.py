"""Approvals: fetching what was approved and reached in a PSA since the last time."""

import zlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime, time
from functools import partial

from temporalio import activity

from activities import failures
from activities.deals import routes
from activities.pace import Pace
from canonical.base import Record
from canonical.contracts import Contract, ContractId
from canonical.entries import MilestoneReached, TimeEntry
from canonical.landscape import Landscape
from canonical.notices import Notice
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
_A_STEP = 100  # messages
_TOGETHER = 20  # of them in one transaction
_NOTHING_NEW = (Outcome.SUPERSEDED, "nothing newly approved")

Settled = tuple[Outcome, str]
Keep = Callable[[Transaction], Awaitable[Settled]]


class Collected(Record):
    """How many messages were new, how many brought to their outcome, and if that is all."""

    received: int
    settled: int
    is_all: bool = True


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
            for start in range(0, len(waiting), _TOGETHER):
                await self._apply(waiting[start : start + _TOGETHER])
        is_all = len(waiting) < _A_STEP
        return Collected(received=received, settled=len(waiting), is_all=is_all)

    async def _poll(self, psa: SystemId) -> int:
        async with self._database.reading() as tx:
            cursor = await inbox.cursor(tx, psa)
            now = datetime.combine(await clock.today(tx), time.max, UTC)
        found = await self._psa.changes(cursor, now)
        async with self._database.transaction() as tx:
            new = await inbox.receive_all(tx, psa, found.notices)
            await inbox.move_cursor(tx, psa, found.cursor)
        return new

    async def _apply(self, deliveries: Sequence[Delivery]) -> None:
        read: list[tuple[Delivery, Keep]] = []
        try:
            for delivery in deliveries:
                keep = await self._read(delivery.notice)
                read.append((delivery, keep))
        finally:  # what was read before one broke off is kept
            async with self._database.transaction() as tx:
                settled = [(delivery, *await keep(tx)) for delivery, keep in read]
                await inbox.settle_all(tx, settled)

    async def _read(self, notice: Notice) -> Keep:
        """Read what a message is about, and return how it is kept."""
        try:
            if notice.kind == "milestone":
                return partial(_reach, reached=await self._milestone(notice.subject))
            entries_read = await self._entries(notice.subject)
            return partial(self._file, timesheet=notice.subject, found=entries_read)
        except errors.Missing:
            return _void

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

    async def _file(
        self, tx: Transaction, *, timesheet: ForeignId, found: Iterable[TimeEntry]
    ) -> Settled:
        by_project: dict[ForeignId, list[TimeEntry]] = {}
        for entry in found:
            by_project.setdefault(entry.project, []).append(entry)
        new, strangers = 0, set[str]()
        for foreign, group in by_project.items():
            code = await crosswalk.ours(tx, "project", foreign)
            if code is None:
                strangers.add(str(foreign))
                continue
            project = await contracts.project(tx, ProjectCode(code))
            filed = [Filed(entry, project.code, project.contract) for entry in group]
            lane = self._lane(project).key
            new += await entries.add(tx, filed, lane=lane, timesheet=timesheet)
        reason = f"project {', '.join(sorted(strangers))} is not one of ours" if strangers else ""
        if new:
            return Outcome.APPLIED, reason
        return (Outcome.REJECTED, reason) if strangers else _NOTHING_NEW

    def _lane(self, project: Project) -> Lane:
        found = routes(self._landscape, project.entity)
        shard = zlib.crc32(project.code.encode()) % self._landscape.posting_shards
        return Lane(
            erp=found.erp if found else SystemId("unknown"), entity=project.entity, shard=shard
        )


async def _void(_: Transaction) -> Settled:
    return Outcome.VOIDED, "it is gone"


async def _reach(tx: Transaction, *, reached: MilestoneReached | None) -> Settled:
    if reached is None:
        return Outcome.SUPERSEDED, "not completed, or not one of ours"
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
