"""The time of a batch: one timesheet line an entry, below the work of its project."""

from collections import defaultdict
from collections.abc import Sequence

from canonical.postings import BatchId, HourBatch
from connectors import errors
from connectors.tryton import _booking, _wire
from connectors.tryton._faults import VENDOR
from connectors.tryton._rpc import Value
from connectors.tryton._server import Domain, Server, escaped


class Times(Server):
    """Lines of several works go in with one call; the text of each ends in the batch's id."""

    async def _stamped(self, batch: HourBatch, company: _wire.Company) -> list[_wire.TimesheetWork]:
        """Return what the batch's time belongs to, with the stamps as they are now."""
        projects = await self._projects(batch, company)
        ids = sorted({work.timesheet_works[0] for work in projects.values()})
        found = await self._rows(_wire.TimesheetWork, [["id", "in", ids]], company)
        if len(found) != len(ids):
            raise errors.Rejected(VENDOR, "a project takes no time any more")
        return found

    async def _add_times(
        self, stamped: Sequence[_wire.TimesheetWork], batch: HourBatch, company: _wire.Company
    ) -> None:
        """Add the time of a batch, if nobody has added any to its projects since.

        Each line goes in by way of its project. The write of the project takes the lock
        before the stamp below it is looked at, so that it holds with SQLite too, where two
        writes at once can both find the stamp of what they write directly fresh.

        Raises:
            Transient: somebody has, maybe another attempt of ours.
        """
        employees = await self._employees(batch, company)
        projects = await self._projects(batch, company)
        lines: defaultdict[str, list[Value]] = defaultdict(list)
        for line in batch.lines:
            employee = employees[line.resource]
            lines[line.dimensions.project].append(
                _booking.time_line(line, batch, employee, company.id)
            )
        writes = [
            (projects[code], _booking.added_time(projects[code], added))
            for code, added in lines.items()
        ]
        await self._write(writes, company, stamped)

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

    async def _projects(self, batch: HourBatch, company: _wire.Company) -> dict[str, _wire.Work]:
        """Return the works of the batch's projects by their codes.

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
        return found

    async def _employees(self, batch: HourBatch, company: _wire.Company) -> dict[str, int]:
        codes = {line.resource for line in batch.lines}
        where: Domain = [["company", "=", company.id]]
        found = await self._by_code(_wire.Employee, company, codes, where)
        return {code: employee.id for code, employee in found.items()}
