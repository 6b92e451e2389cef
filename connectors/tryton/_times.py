"""The time of a batch: one timesheet line an entry, below the work of its project."""

from collections import defaultdict
from collections.abc import Sequence

from canonical.postings import BatchId, HourBatch
from connectors import errors
from connectors.tryton import _booking, _mapping, _wire
from connectors.tryton._faults import VENDOR
from connectors.tryton._rpc import Value
from connectors.tryton._server import Domain, Server, escaped


class Times(Server):
    """Lines of several works go in with one call; the text of each ends in the batch's id."""

    async def _stamped_works(
        self, batch: HourBatch, company: _wire.Company
    ) -> list[_wire.TimesheetWork]:
        """Return what the batch's time belongs to, with the stamps as they are now."""
        ids = sorted((await self._timesheets(batch, company)).values())
        found = await self._rows(_wire.TimesheetWork, [["id", "in", ids]], company)
        if len(found) != len(set(ids)):
            raise errors.Rejected(VENDOR, "a project takes no time any more")
        return found

    async def _add_times(
        self, works: Sequence[_wire.TimesheetWork], batch: HourBatch, company: _wire.Company
    ) -> None:
        """Add the time of a batch to works, none of which was written since it was read."""
        employees = await self._employees(batch, company)
        timesheets = await self._timesheets(batch, company)
        lines: defaultdict[int, list[Value]] = defaultdict(list)
        for line in batch.lines:
            employee = employees[line.resource]
            lines[timesheets[line.dimensions.project]].append(
                _booking.time_line(line, batch, employee, company.id)
            )
        writes: list[tuple[_wire.Guarded, dict[str, Value]]] = [
            (work, {"timesheet_lines": _mapping.created(*lines[work.id])}) for work in works
        ]
        await self._write(writes, company)

    async def _times_of(
        self, batch: BatchId, company: _wire.Company, works: Sequence[_wire.TimesheetWork] = ()
    ) -> list[_wire.TimesheetLine]:
        """Return the lines that carry a batch's id, of these works or of all."""
        where: Domain = [
            ["company", "=", company.id],
            ["description", "like", f"% {escaped(batch)}"],
        ]
        if works:
            where.append(["work", "in", [work.id for work in works]])
        found = await self._rows(_wire.TimesheetLine, where, company)
        return [line for line in found if (line.description or "").endswith(f" {batch}")]

    async def _delete_times(self, batch: BatchId, company: _wire.Company) -> None:
        lines = await self._times_of(batch, company)
        if lines:
            ids = [line.id for line in lines]
            await self._change(_wire.TimesheetLine, "delete", [ids], company)

    async def _timesheets(self, batch: HourBatch, company: _wire.Company) -> dict[str, int]:
        """Return what time belongs to, by project code.

        Raises:
            Rejected: a project is not there, or takes no time.
        """
        codes = {line.dimensions.project for line in batch.lines}
        where: Domain = [["company", "=", company.id], ["parent", "!=", None]]
        found = await self._by_code(_wire.Work, company, codes, where)
        without = sorted(code for code, work in found.items() if not work.timesheet_works)
        if without:
            reason = f"{', '.join(without)} not available on timesheets"
            raise errors.Rejected(VENDOR, "a project takes no time", reason=reason)
        return {code: work.timesheet_works[0] for code, work in found.items()}

    async def _employees(self, batch: HourBatch, company: _wire.Company) -> dict[str, int]:
        codes = {line.resource for line in batch.lines}
        where: Domain = [["company", "=", company.id]]
        found = await self._by_code(_wire.Employee, company, codes, where)
        return {code: employee.id for code, employee in found.items()}
