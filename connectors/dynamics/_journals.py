"""Hour journals: a header that carries the batch's id, its lines in one change set, posting."""

from decimal import Decimal

from canonical.organization import EntityId
from canonical.postings import BatchId, HourBatch
from canonical.systems import ForeignId
from connectors import errors
from connectors.dynamics import _faults, _mapping, _odata, _wire
from connectors.dynamics._environment import Environment, Selection
from connectors.dynamics._faults import VENDOR
from connectors.ports import Document


class Journals(Environment):
    """The cost of hours. One request a call, more only where a method says so."""

    async def find_journals(self, entity: EntityId, batch: BatchId) -> tuple[Document, ...]:
        """Return the journals with the batch's id; F&O counts their numbers upward."""
        where = _odata.equal(dataAreaId=_mapping.area(entity), Description=batch)
        rows = await self._rows(_wire.Journal, Selection(where, "JournalBatchNumber"))
        return tuple(
            Document(id=self._id(row.journal_batch_number), is_posted=row.posted == "Yes")
            for row in rows
            if row.description == batch  # F&O ignores case and takes `*` as a wildcard
        )

    async def create_journal(self, entity: EntityId, batch: BatchId) -> ForeignId:
        """Create an empty draft journal. Class B: `Description` can be searched."""
        row = _mapping.new_journal(entity, batch, self._options)
        journal = await self._insert(row, _wire.Journal)
        return self._id(journal.journal_batch_number)

    async def holds_journal_lines(self, journal: ForeignId, batch: HourBatch) -> bool:
        """Tell whether the journal's lines are the batch's."""
        lines = await self._lines(_mapping.area(batch.entity), journal)
        found = [(line.line_number, line.description) for line in lines]
        return found == sorted((Decimal(line.number), str(line.entry)) for line in batch.lines)

    async def fill_journal(self, journal: ForeignId, batch: HourBatch) -> None:
        """Add all lines or none, at most 5,000. Class A: line numbers are unique.

        F&O multiplies hours of a declared precision, by default four decimals, with the
        rate. If they are there already, a second request reads the lines.

        Raises:
            Rejected: F&O refuses a line, the journal holds other lines, or an entry's cost
                would differ from its exact time at its rate.
            ValueError: the batch is too large, or empty.
        """
        lost = _mapping.lost_precision(batch.lines, self._options.hours_decimals)
        if lost:
            raise errors.Rejected(VENDOR, "rounded hours would change a cost", reason=lost)
        try:
            await self._insert_all(_mapping.new_hour_lines(journal, batch, self._options))
        except errors.Rejected as refusal:
            if not _faults.is_taken(refusal):
                raise
            if not await self.holds_journal_lines(journal, batch):
                detail = "the journal holds other lines"
                raise errors.Rejected(VENDOR, detail, reason=refusal.reason) from None

    async def discard_journal(self, entity: EntityId, journal: ForeignId) -> None:
        """Delete a draft journal; its lines go with it. Class A."""
        area = _mapping.area(entity)
        await self._delete(_wire.Journal, dataAreaId=area, JournalBatchNumber=journal.value)

    async def post_journal(self, entity: EntityId, journal: ForeignId) -> ForeignId:
        """Post a journal and return its voucher. Class A.

        When refused, a second request tells posted from missing and from refused, and a
        third reads the voucher of a posted one.
        """
        area = _mapping.area(entity)
        try:
            return await self._post("postHourJournal", dataAreaId=area, journalId=journal.value)
        except errors.Rejected:
            header = await self._read(
                _wire.Journal, dataAreaId=area, JournalBatchNumber=journal.value
            )
            if header.posted == "No":
                raise
        first = await self._lines(area, journal, most=1)
        return self._posted(line.voucher for line in first)

    async def _lines(
        self, area: str, journal: ForeignId, most: int | None = None
    ) -> list[_wire.HourLine]:
        where = _odata.equal(dataAreaId=area, JournalId=journal.value)
        return await self._rows(_wire.HourLine, Selection(where, "LineNumber", most))
