"""Closing what we created: deleted where F&O lets us, else ended."""

from canonical.contracts import Contract
from canonical.projects import Project
from canonical.systems import ForeignId
from connectors import errors
from connectors.dynamics import _mapping, _odata, _stages, _wire
from connectors.dynamics._environment import Environment, Selection

_ENDED = "Completed"


class Closings(Environment):
    """F&O does not delete what was used; a project has a stage, a contract has none."""

    async def close_project(self, project: Project, theirs: ForeignId) -> None:
        """Delete the project, or set its stage to Completed. Class A: by its id."""
        area = _mapping.area(project.entity)
        try:
            await self._delete(_wire.Project, dataAreaId=area, ProjectId=theirs.value)
        except errors.Rejected:
            ended = _stages.EndedProject(project_stage=_ENDED)
            await self._update(ended, dataAreaId=area, ProjectId=theirs.value)

    async def close_contract(self, contract: Contract, theirs: ForeignId) -> None:
        """Delete the contract; one whose projects are Completed is left. Class A: by its id."""
        area = _mapping.area(contract.entity)
        try:
            await self._delete(_wire.Contract, dataAreaId=area, ProjectContractID=theirs.value)
        except errors.Rejected:
            stages = await self._stages(area, theirs)
            if not stages or stages != {_ENDED}:
                raise

    async def _stages(self, area: str, contract: ForeignId) -> set[str]:
        where = _odata.equal(dataAreaId=area, ProjectContractId=contract.value)
        rows = await self._rows(_stages.StagedProject, Selection(where, "ProjectId"))
        return {row.project_stage for row in rows}
