"""Project contracts and projects: works that carry our ids, and the project's analytic value."""

from canonical.contracts import Contract
from canonical.projects import Project
from canonical.systems import ForeignId
from connectors import errors
from connectors.tryton import _mapping, _wire
from connectors.tryton._analytics import Analytics
from connectors.tryton._faults import VENDOR
from connectors.tryton._server import Domain, coded

_ROOTS: Domain = ["parent", "=", None]
_BELOW: Domain = ["parent", "!=", None]


class Projects(Analytics):
    """A contract is a root work, a project a work below it; the first word of a name is our id."""

    async def find_contracts(self, contract: Contract) -> tuple[ForeignId, ...]:
        """Return the root works that carry our id."""
        company = await self._company(contract.entity)
        found = await self._works(contract.id, _ROOTS, company)
        return tuple(self._id(work.id) for work in found)

    async def create_contract(self, contract: Contract, customer: ForeignId) -> ForeignId:
        """Create the contract's root work, unless it is there. Class B: names can be searched.

        Raises:
            Rejected: Tryton refuses the values, or the id is another customer's contract.
        """
        company = await self._company(contract.entity)
        party = (await self._party(customer, company)).id
        for work in await self._works(contract.id, _ROOTS, company):
            if work.party == party:
                return self._id(work.id)
            raise _taken(contract.id, f"party {work.party}")
        values = _mapping.new_contract(contract, party, company.id)
        return self._id(await self._create(_wire.Work, values, company))

    async def find_projects(self, project: Project) -> tuple[ForeignId, ...]:
        """Return the works below a contract that carry our code."""
        company = await self._company(project.entity)
        found = await self._works(project.code, _BELOW, company)
        return tuple(self._id(work.id) for work in found)

    async def create_project(
        self, project: Project, contract: ForeignId, project_group: str
    ) -> ForeignId:
        """Create the project's analytic value and work, whichever is not there yet.

        Class B: the code can be searched. Each is written under the stamp of what it goes
        below, read before looking, so that an attempt that comes late is refused. The
        project group is the work's product, if the firm has one of that code.

        Raises:
            Rejected: Tryton refuses the values, the code is another contract's project, or
                the business unit is not set up.
            Missing: there is no such contract.
            Transient: somebody wrote the contract or the axis at the same time.
        """
        company = await self._company(project.entity)
        below = await self._row(_wire.Work, int(contract.value), company)
        axis = self._options.business_unit_axis
        await self._values(axis, [project.dimensions.business_unit], company)
        await self._keep_value(project, company)
        found = await self._works(project.code, _BELOW, company)
        if not found:
            found = await self._added(project, below, project_group, company)
        if found[0].parent != below.id:
            raise _taken(project.code, f"work {found[0].parent}")
        return self._id(found[0].id)

    async def _added(
        self, project: Project, below: _wire.Work, group: str, company: _wire.Company
    ) -> list[_wire.Work]:
        products = await self._rows(_wire.Product, [["code", "=", group]], company, most=1)
        product = products[0].id if products else None
        values = _mapping.new_project(project, below, company.id, product)
        await self._write([(below, {"children": _mapping.created(values)})], company, [below])
        found = await self._works(project.code, _BELOW, company)
        if not found:
            raise errors.Uncertain(VENDOR, "the project is not there after it was created")
        return found

    async def _keep_value(self, project: Project, company: _wire.Company) -> None:
        axis = await self._axis(self._options.project_axis, company)
        code = project.dimensions.project
        where: Domain = [["root", "=", axis.id], ["code", "=", code]]
        if not await self._rows(_wire.AxisValue, where, company, most=1):
            value = _mapping.axis_value(code, project.name, axis.id, company.id)
            await self._write([(axis, {"childs": _mapping.created(value)})], company, [axis])

    async def _works(self, code: str, where: Domain, company: _wire.Company) -> list[_wire.Work]:
        found = await self._rows(
            _wire.Work, [["company", "=", company.id], where, coded(_wire.Work, [code])], company
        )
        return [work for work in found if work.code == code]  # databases may ignore case


def _taken(key: str, owner: str) -> errors.Rejected:
    return errors.Rejected(VENDOR, "the key is another record's", reason=f"{key} is of {owner}")
