"""Journals of hours: the cost of a batch as one move, and its time as timesheet lines."""

from collections.abc import Sequence

from canonical.organization import EntityId
from canonical.postings import BatchId, HourBatch
from canonical.systems import ForeignId
from connectors import errors
from connectors.ports import Document
from connectors.tryton import _booking, _wire
from connectors.tryton._costs import Costs
from connectors.tryton._faults import VENDOR
from connectors.tryton._rpc import Value
from connectors.tryton._server import Domain, unwritten
from connectors.tryton._times import Times

_POSTED = "posted"
_IS_OPEN: Domain = ["state", "=", "open"]


class Hours(Costs, Times):
    """The move comes first and is what is posted; the time of its entries follows."""

    async def find_journals(self, entity: EntityId, batch: BatchId) -> tuple[Document, ...]:
        """Return the moves that are described by the batch's id, the oldest first."""
        company = await self._company(entity)
        journal = await self._known(_wire.Journal, None, {"code": self._options.cost_journal})
        where: Domain = [
            ["company", "=", company.id],
            ["journal", "=", journal.id],
            ["description", "=", batch],
        ]
        return tuple(
            Document(id=self._id(move.id), is_posted=move.state == _POSTED)
            for move in await self._rows(_wire.Move, where, company)
            if move.description == batch  # a database may ignore case
        )

    async def create_journal(self, entity: EntityId, batch: BatchId) -> ForeignId:
        """Create a draft move with a placeholder. Class B: its description can be searched.

        Until its lines bring their date and period it is in the newest period that is open,
        where it keeps nobody from closing an earlier one.
        """
        company = await self._company(entity)
        journal = await self._known(_wire.Journal, None, {"code": self._options.cost_journal})
        where: Domain = [["company", "=", company.id], ["type", "=", "standard"], _IS_OPEN]
        found = await self._rows(_wire.Period, where, company)
        if not found:
            raise errors.Rejected(VENDOR, "no period is open")
        newest = max(found, key=lambda period: period.start_date)
        values: dict[str, Value] = {
            "company": company.id,
            "journal": journal.id,
            "period": newest.id,
            "date": newest.start_date,
            "description": batch,
            "lines": await self._placeholder(batch, company),
        }
        return self._id(await self._create(_wire.Move, values, company))

    async def holds_journal_lines(self, journal: ForeignId, batch: HourBatch) -> bool:
        """Tell whether cost and time of every entry are there, and no other."""
        company = await self._company(batch.entity)
        move = await self._row(_wire.Move, int(journal.value), company)
        if not await self._holds_costs(move, batch, company):
            return False
        works = await self._stamped(batch, company)
        lines = await self._times_of(batch.id, company, works)
        return _booking.times_found(lines) == _booking.times(batch)

    async def fill_journal(self, journal: ForeignId, batch: HourBatch) -> None:
        """Add the cost of all entries, then their time; what is there is not added again.

        Class A: the cost uses up the placeholder, and the time is written under stamps that
        are read before it is looked for. So of attempts that overlap one adds each, and one
        that comes late adds nothing. What Tryton refuses leaves nothing: if it is the time,
        the cost is taken out again, unless another attempt has added it.

        Raises:
            Rejected: Tryton refuses a line, the journal holds other lines, a period is not
                open, or something that an entry names is not set up.
            Missing: there is no such journal.
            Transient: somebody wrote the move or a work at the same time.
        """
        company = await self._company(batch.entity)
        move = await self._row(_wire.Move, int(journal.value), company)
        await self._employees(batch, company)  # nothing is written if somebody is not there
        stamped = await self._stamped(batch, company)
        added = None
        if not move.is_filled:
            added = await self._add_costs(move, batch, company)
        elif not await self._holds_costs(move, batch, company):
            raise errors.Rejected(VENDOR, "the journal holds other lines")
        if await self._has_times(batch, company, stamped):
            return
        try:
            await self._add_times(stamped, batch, company)
        except errors.Rejected:
            if added is not None:
                await self._take_back(added, company)
            raise

    async def discard_journal(self, entity: EntityId, journal: ForeignId) -> None:
        """Delete the time of a draft's batch, then the move with its lines. Class A."""
        company = await self._company(entity)
        try:
            move = await self._row(_wire.Move, int(journal.value), company)
        except errors.Missing:
            return
        if move.state == _POSTED:
            raise errors.Rejected(VENDOR, "the journal is posted")
        if move.is_filled and move.description:
            await self._delete_times(BatchId(move.description), company)
        try:
            await self._change(_wire.Move, "delete", [[move.id]], company)
        except errors.Rejected:
            try:
                await self._row(_wire.Move, move.id, company)
            except errors.Missing:
                return
            raise

    async def post_journal(self, entity: EntityId, journal: ForeignId) -> ForeignId:
        """Post the move and return its number. Class A: a posted one stays as it is.

        It is posted under its stamp: with SQLite two posts at once could both find a draft,
        and the second would give it another number.

        Raises:
            Rejected: Tryton refuses to post, or the move is not filled.
            Missing: there is no such move.
            Transient: somebody has written the move, maybe posted it, at the same time.
        """
        company = await self._company(entity)
        move = await self._row(_wire.Move, int(journal.value), company)
        if not move.is_filled:
            raise errors.Rejected(VENDOR, "the journal is empty")
        if move.state != _POSTED:
            move = await self._posted(move, company)
        if not move.number:
            raise errors.Drifted(VENDOR, "a posted move has no number")
        return self._id(move.number)

    async def _posted(self, move: _wire.Move, company: _wire.Company) -> _wire.Move:
        refusal: errors.Rejected | None = None
        try:
            await self._change(_wire.Move, "post", [[move.id]], company, unwritten([move]))
        except errors.Rejected as exc:
            refusal = exc
        now = await self._row(_wire.Move, move.id, company)
        if now.state != _POSTED:
            raise refusal or errors.Uncertain(VENDOR, "the move is not posted")
        return now

    async def _has_times(
        self, batch: HourBatch, company: _wire.Company, works: Sequence[_wire.TimesheetWork]
    ) -> bool:
        found = _booking.times_found(await self._times_of(batch.id, company, works))
        if found and found != _booking.times(batch):
            raise errors.Rejected(VENDOR, "the journal holds other time")
        return bool(found)
