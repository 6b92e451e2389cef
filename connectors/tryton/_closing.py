"""Closing what we created: deleted where Tryton lets us, else done."""

from canonical.contracts import Contract
from canonical.projects import Project
from canonical.systems import ForeignId
from connectors import errors
from connectors.tryton import _wire
from connectors.tryton._analytics import Analytics
from connectors.tryton._faults import VENDOR
from connectors.tryton._server import Domain

_ALL_DONE = 1  # a progress of 100 %


class WorkStatus(_wire.Row):
    """How far a work is; the firm's own list."""

    model = "project.work.status"


class Closings(Analytics):
    """Tryton does not delete a work that has time or works below it, nor a value in use."""

    async def close_project(self, project: Project, theirs: ForeignId) -> None:
        """Delete the work and its value on the project axis, or end each. Class A: by its id.

        Raises:
            Rejected: Tryton neither deletes the work nor has a status for works that are done.
        """
        company = await self._company(project.entity)
        await self._close(int(theirs.value), company)
        axis = await self._axis_id(self._options.project_axis, company)
        where: Domain = [["root", "=", axis], ["code", "=", project.dimensions.project]]
        for value in await self._rows(_wire.AxisValue, where, company):
            try:
                await self._change(_wire.AxisValue, "delete", [[value.id]], company)
            except errors.Rejected:
                ended = {"state": "closed"}
                await self._change(_wire.AxisValue, "write", [[value.id], ended], company)

    async def close_contract(self, contract: Contract, theirs: ForeignId) -> None:
        """Delete the root work, or end it. Class A: by its id.

        Raises:
            Rejected: Tryton neither deletes the work nor has a status for works that are done.
        """
        await self._close(int(theirs.value), await self._company(contract.entity))

    async def _close(self, work: int, company: _wire.Company) -> None:
        if not await self._rows(_wire.Work, [["id", "=", work]], company):
            return
        try:
            await self._change(_wire.Work, "delete", [[work]], company)
        except errors.Rejected:
            done = {"status": await self._done(company), "progress": _ALL_DONE}
            await self._change(_wire.Work, "write", [[work], done], company)

    async def _done(self, company: _wire.Company) -> int:
        where: Domain = [["progress", "=", _ALL_DONE], ["types", "in", ["project"]]]
        found = await self._rows(WorkStatus, where, company, most=1)
        if not found:
            reason = "no project.work.status of projects has the progress 100 %"
            raise errors.Rejected(VENDOR, "a work cannot be ended", reason=reason)
        return found[0].id
