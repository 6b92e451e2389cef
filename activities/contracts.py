"""Contracts: checking a won deal, and making it a contract with its projects."""

from temporalio import activity

from activities import failures
from canonical.base import Record
from canonical.cases import Defect
from canonical.clients import ClientId
from canonical.contracts import Contract, ContractId, ContractLine, Milestones
from canonical.opportunities import Opportunity
from canonical.processes import Routes
from canonical.projects import FinancialDimensions, Project, ProjectCode
from policies import contract_check
from store import contracts, engagements, mappings, trail
from store.database import Database, Transaction


class CheckContract(Record):
    """Can the deal as last read become a contract?"""

    contract: ContractId
    routes: Routes


class ContractChecked(Record):
    """What is wrong with the deal; nothing if it is complete."""

    defects: tuple[Defect, ...]


class ActivateTerms(Record):
    """Make the deal a contract with this client."""

    contract: ContractId
    client: ClientId
    routes: Routes


class TermsActivated(Record):
    """The codes of the contract's projects."""

    projects: tuple[ProjectCode, ...]


class ContractRecords:
    """Steps about contracts; they touch only the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn(name="contracts.check")
    async def check(self, question: CheckContract) -> ContractChecked:
        """Check the deal against what every system needs. Idempotent: reads only."""
        with failures.reported():
            async with self._database.reading() as tx:
                _, verdict = await _checked(tx, question.contract, question.routes)
        if isinstance(verdict, contract_check.Incomplete):
            return ContractChecked(defects=verdict.defects)
        return ContractChecked(defects=())

    @activity.defn(name="contracts.activate")
    async def activate(self, question: ActivateTerms) -> TermsActivated:
        """Keep contract and projects. Idempotent: ids are given out once."""
        with failures.reported():
            async with self._database.transaction() as tx:
                deal, verdict = await _checked(tx, question.contract, question.routes)
                if isinstance(verdict, contract_check.Incomplete):
                    raise contract_check.IncompleteError(verdict.defects[0].text)
                contract = _contract(deal, verdict, question)
                await contracts.save(tx, contract)
                projects = await _projects(tx, contract, question.routes)
                await trail.publish(tx, "contract.activated", contract.id)
        return TermsActivated(projects=tuple(project.code for project in projects))

    @activity.defn(name="contracts.projects")
    async def projects(self, contract: ContractId) -> TermsActivated:
        """Return the codes of a contract's projects. Idempotent: reads only."""
        async with self._database.reading() as tx:
            found = await contracts.projects(tx, contract)
        return TermsActivated(projects=tuple(project.code for project in found))

    @activity.defn(name="contracts.closed")
    async def closed(self, contract: ContractId) -> None:
        """Publish that a contract is closed everywhere. Idempotent: one event per contract."""
        async with self._database.transaction() as tx:
            if await contracts.find(tx, contract) is not None:
                await contracts.close(tx, contract)


async def _checked(
    tx: Transaction, contract: ContractId, routes: Routes
) -> tuple[Opportunity, contract_check.Verdict]:
    deal = await engagements.deal(tx, contract)
    erp = await mappings.of_system(tx, routes.erp)
    psa = await mappings.of_system(tx, routes.psa)
    return deal, contract_check.decide(deal, contract, erp=erp, psa=psa)


def _contract(
    deal: Opportunity, terms: contract_check.Complete, question: ActivateTerms
) -> Contract:
    return Contract(
        id=question.contract,
        opportunity=deal.id,
        client=question.client,
        entity=terms.entity,
        name=deal.name,
        currency=deal.currency,
        price=terms.price,
        practice=terms.practice,
        service_from=terms.service_from,
        service_until=terms.service_until,
        purchase_order=deal.purchase_order,
        cap=terms.cap,
        billing_threshold=deal.billing_threshold,
        lines=terms.lines,
    )


async def _projects(tx: Transaction, contract: Contract, routes: Routes) -> list[Project]:
    rows = await mappings.of_system(tx, routes.erp)
    unit = rows.value(
        "business_unit", contract.practice, entity=contract.entity, on=contract.service_from
    )
    projects: list[Project] = []
    for line in contract.lines:
        code = await contracts.project_code(tx, contract.id, line.workstream)
        project = _project(contract, line, FinancialDimensions(business_unit=unit, project=code))
        await contracts.save_project(tx, project)
        projects.append(project)
    return projects


def _project(contract: Contract, line: ContractLine, dimensions: FinancialDimensions) -> Project:
    return Project(
        code=dimensions.project,
        contract=contract.id,
        client=contract.client,
        entity=contract.entity,
        name=f"{contract.name}: {line.workstream}" if line.workstream else contract.name,
        currency=contract.currency,
        starts_on=contract.service_from,
        ends_on=contract.service_until,
        dimensions=dimensions,
        milestones=line.terms.milestones if isinstance(line.terms, Milestones) else (),
        workstream=line.workstream,
    )
