"""The whole house around one deal, for the tests and for the recorder."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from itertools import count
from typing import Any

from sqlmodel import col, select
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import Worker

import settings
import worker
from activities.invoices import Approval
from activities.lanes import Lanes
from activities.unwinding import Disposition
from canonical import processes
from canonical.cases import Case
from canonical.contracts import ContractId
from canonical.engagements import Stage
from canonical.entries import MilestoneReached, TimeEntry
from canonical.landscape import Landscape
from canonical.opportunities import Opportunity
from canonical.organization import EntityId
from canonical.processes import (
    PROCESSES,
    CollectRequest,
    InvoiceRequest,
    Lane,
    OnboardingRequest,
    Routes,
)
from canonical.projects import ProjectCode
from canonical.systems import ForeignId
from console import starting
from settings import Settings
from store import batches, billing, cases, engagements, invoices, mappings
from store.tables.effects import AuditRow
from store.tables.reference import CounterRow
from tests.erp_port import FakeErp
from tests.fakes import (
    CRM,
    ERP,
    PSA,
    USMF,
    account,
    batch,
    entry,
    foreign,
    mapping,
    opportunity,
)
from tests.ports import FakeCrm, FakePsa
from tests.workflows.slow_store import SlowStore
from tests.workflows.waiting import Handle, card, ended, started, until
from workflows.unwind import Unwind

LAST_DAY = date(2026, 7, 31)
_HOUSES = count(1)


@dataclass
class House:
    """One deal, the systems it goes through, and the processes that carry it there.

    Ids end in the house's own numbers, so that houses on one server do not meet.
    """

    client: Client
    database: SlowStore
    landscape: Landscape
    number: int
    crm: FakeCrm = field(default_factory=FakeCrm)
    psa: FakePsa = field(default_factory=FakePsa)
    erp: FakeErp = field(default_factory=FakeErp)
    entity: EntityId = USMF
    messages: Any = field(default_factory=lambda: count(1))

    @property
    def opportunity(self) -> ForeignId:
        return foreign(CRM, f"006A{self.number}")

    @property
    def account(self) -> ForeignId:
        return foreign(CRM, f"001A{self.number}")

    @property
    def contract(self) -> ContractId:
        return ContractId(f"CT-{self.number + 1:05}")

    @property
    def project(self) -> ProjectCode:
        return ProjectCode(f"PR-{self.number + 1:05}")

    @property
    def shell(self) -> ForeignId:
        """Return the PSA's id of the project."""
        return next(shell for shell, code in self.psa.projects.items() if code == self.project)

    @property
    def routes(self) -> Routes:
        return Routes(entity=self.entity, crm=CRM, psa=PSA, erp=ERP)

    @property
    def lane(self) -> Lane:
        return Lane(erp=ERP, entity=self.entity, shard=0)

    def cycle(self, number: int = 1) -> InvoiceRequest:
        return InvoiceRequest(
            contract=self.contract, cycle=number, opportunity=self.opportunity, routes=self.routes
        )

    def run(self, name: str) -> Handle:
        """Return the latest run under an id."""
        return self.client.get_workflow_handle(name)

    @property
    def engagement(self) -> Handle:
        return self.run(processes.engagement_id(self.opportunity, 1))

    @property
    def unwinding(self) -> Handle:
        return self.run(processes.unwind_id(self.opportunity, 1))

    @property
    def activation(self) -> Handle:
        return self.run(processes.contract_id(self.contract))

    @property
    def opening(self) -> Handle:
        return self.run(processes.project_id(self.project))

    @property
    def client_master(self) -> Handle:
        return self.run(processes.client_id(self.account))

    @property
    def posting(self) -> Handle:
        return self.run(processes.posting_id(self.lane))

    @property
    def collecting(self) -> Handle:
        return self.run(f"{processes.collect_id(PSA)}:{self.number}")

    @property
    def billing(self) -> Handle:
        return self.run(processes.billing_id(self.contract))

    def onboarding(self, number: int = 1) -> Handle:
        return self.run(f"onboard:{self.account}:{ERP}:{number}")

    def issue(self, cycle: int = 1) -> Handle:
        return self.run(processes.invoice_id(self.cycle(cycle)))

    def sells(self, deal: Opportunity | None = None, **changes: object) -> None:
        """Put the deal into the CRM as it is now."""
        mine = {"id": self.opportunity, "account": self.account}
        deal = (deal or opportunity()).model_copy(update=mine | changes)
        self.crm.deals[deal.id] = deal

    def knows(self, **changes: object) -> None:
        """Put the deal's account into the CRM as it is now."""
        known = account(id=self.account, **changes)
        self.crm.accounts[known.id] = known

    async def hears(self) -> None:
        """Bring the CRM's message about the deal."""
        message = f"message-{next(self.messages)}"
        await starting.engagement(self.client, self.database, self.opportunity, message)

    async def wins(self, deal: Opportunity | None = None, **changes: object) -> None:
        """Win the deal, and hear of it."""
        if self.account not in self.crm.accounts:
            self.knows()
        self.sells(deal, **changes)
        await self.hears()

    async def loses(self) -> None:
        """Take the win back, and hear of it."""
        self.sells(self.crm.deals[self.opportunity], is_won=False)
        await self.hears()

    async def decides(self, choice: str, reason: str | None = None) -> None:
        """Say what becomes of the open work of a deal that was un-won."""
        decision = {"by": "person-7", "choice": choice, "reason": reason}
        disposition = Disposition.model_validate(decision)
        await self.unwinding.execute_update(Unwind.decide, disposition)

    async def activates(self, deal: Opportunity | None = None, **changes: object) -> None:
        """Win the deal, and wait until it is active."""
        await self.wins(deal, **changes)
        assert await ended(self.activation) == "activated"

    def worked(self, number: int = 1, *, hours: str = "8", **changes: object) -> TimeEntry:
        """Return an entry on the deal's project."""
        return entry(1000 + number, worked=hours, **{"project": self.shell, **changes})

    async def leaves_batches(self, count: int) -> None:
        """Leave batches that an earlier run of the lane froze for somebody else's project."""
        async with self.database.transaction() as tx:
            for sequence in range(1, count + 1):
                await batches.freeze(tx, self.lane.key, sequence, batch(sequence))

    async def asks(self, asked_by: str, entity: EntityId | None = None) -> None:
        """Ask for the client to be onboarded, as an activation does."""
        request = OnboardingRequest(
            account=self.account,
            routes=self.routes.model_copy(update={"entity": entity or self.entity}),
            number=0,
            asked_by=asked_by,
        )
        await Lanes(self.client, self.database, self.landscape).request_client(request)

    async def approves(self, *entries: TimeEntry) -> None:
        """Approve work in the PSA, and fetch it."""
        self.psa.approves(f"T{next(self.messages)}", *entries)
        await self.collects()

    async def recalls(self, *entries: TimeEntry) -> None:
        """Take approvals back in the PSA, and fetch what became of them."""
        self.psa.recalls(*entries)
        await self.collects()

    async def posts(self, *entries: TimeEntry) -> None:
        """Approve work in the PSA, and wait until it is posted."""
        await self.approves(*entries)
        assert await ended(self.posting) == "idle"

    async def reaches(self, number: int, on: date = date(2026, 7, 1)) -> None:
        """Reach a milestone in the PSA, and fetch it."""
        term = f"{self.contract}/M{number}"
        milestone = next(at for at, known in self.psa.milestones.items() if known == term)
        reached = {"id": milestone, "milestone": term, "project": self.project, "reached_on": on}
        self.psa.reaches(milestone.value, MilestoneReached.model_validate(reached))
        await self.collects()

    async def collects(self) -> None:
        """Fetch what is new in the PSA, and wake who has work."""
        await self.client.start_workflow(
            "CollectApprovals",
            CollectRequest(psa=PSA),
            id=self.collecting.id,
            task_queue=PROCESSES,
            static_summary=f"Collect approvals from {PSA}",
        )
        await ended(self.collecting)

    async def bills(self, day: date = LAST_DAY) -> None:
        """Ask for an invoice of the work up to a day."""
        await starting.bill(self.client, self.database, self.landscape, self.contract, day)

    async def requests(self, day: date = LAST_DAY) -> None:
        """Record that somebody wants an invoice, and be called away before telling the lane."""
        async with self.database.transaction() as tx:
            await billing.request(
                tx, self.contract, kind=billing.CUT_OFF, key=f"cut-off/{day}", cut_off=day
            )

    async def parked(self, *, cases_open: int = 1) -> Sequence[Case]:
        """Wait until so many cases are open, and return them."""

        async def look() -> Sequence[Case] | None:
            async with self.database.reading() as tx:
                found = await cases.open_cases(tx)
            return found if len(found) == cases_open else None

        return await until(look)

    async def resumes(self, run: Handle, *steps: str) -> None:
        """Resume a run at each step that waits for a person, one after the other."""
        for step in steps:
            await self.waits_at(step)
            await run.signal("resume")

    async def waits_at(self, step: str) -> None:
        """Wait until a step waits for a person."""
        await until(partial(self._waits, step))

    async def _waits(self, step: str) -> bool:
        return any(case.step == step for case in await self.open_cases())

    async def above_the_limit(self) -> Approval:
        """Wait until the first invoice waits for an approval, and return the right one."""

        async def look() -> bool:
            return "is above the limit" in await card(self.issue())

        await started(self.issue())
        await until(look)
        async with self.database.reading() as tx:
            (kept,) = await invoices.of_contract(tx, self.contract)
        return Approval(by="person-7", content_hash=kept.content_hash)

    async def maps(self, role: str, ours: str = "CONSULTANT") -> None:
        """Add the mapping of a role that the PSA has."""
        row = mapping("role", role, ours, system=PSA, owner="delivery")
        async with self.database.transaction() as tx:
            await mappings.add(tx, [row])

    async def works_until_continued(self, first_entry: int) -> tuple[Handle, int]:
        """Approve work until the lane goes on in a fresh history; return the run it left."""
        left = (await self.posting.describe()).run_id
        number = first_entry
        while (await self.posting.describe()).run_id == left:
            await self.approves(self.worked(number))
            number += 1
        return self.client.get_workflow_handle(self.posting.id, run_id=left), number - first_entry

    async def audited(self, action: str) -> Sequence[str]:
        """Return the subjects of which the trail says that something was done to them."""
        async with self.database.reading() as tx:
            query = select(AuditRow.subject).where(AuditRow.action == action)
            return (await tx.exec(query.order_by(col(AuditRow.seq)))).all()

    async def is_at(self, stage: Stage) -> bool:
        """Say whether the deal's first engagement has come this far."""
        async with self.database.reading() as tx:
            return (await engagements.of_contract(tx, self.contract)).stage is stage

    async def open_cases(self) -> Sequence[Case]:
        async with self.database.reading() as tx:
            return await cases.open_cases(tx)


@asynccontextmanager
async def housed(
    client: Client,
    database: SlowStore,
    landscape: Landscape,
    *,
    number: int | None = None,
    cached_workflows: int = 1000,
    settle: timedelta = timedelta(0),
    psa: FakePsa | None = None,
    erp: FakeErp | None = None,
) -> AsyncGenerator[House]:
    """Open a house with its workers, and leave nothing of it running."""
    house = House(
        client,
        database,
        _settling(landscape, settle),
        next(_HOUSES) * 10 if number is None else number,
        psa=psa or FakePsa(),
        erp=erp or FakeErp(),
    )
    await _start_counting(database, house.number)
    await _clear(client)
    async with AsyncExitStack() as stack:
        for each in workers(house, cached_workflows):
            await stack.enter_async_context(each)
        yield house
        await _clear(client)


def workers(house: House, cached_workflows: int = 1000) -> list[Worker]:
    """Return the workers of every queue, as the composition root builds them."""
    connectors: dict[Any, worker.Port] = {CRM: house.crm, PSA: house.psa, ERP: house.erp}
    whole = worker.House(
        house.client,
        house.database,
        house.landscape,
        connectors,
        settings.load_ownership(Settings().ownership),
    )
    processes_worker = worker.processes(whole, cached_workflows=cached_workflows)
    return [processes_worker, *(worker.system(whole, each) for each in house.landscape.systems)]


def limited(landscape: Landscape, above: int = 1000, *, four_eyes: int | None = None) -> Landscape:
    """Return the landscape with people who have to approve an entity's larger invoices."""
    limits = {
        "approval_above": Decimal(above),
        "four_eyes_above": None if four_eyes is None else Decimal(four_eyes),
    }
    routes = landscape.routes[USMF].model_copy(update=limits)
    return landscape.model_copy(update={"routes": {**landscape.routes, USMF: routes}})


def _settling(landscape: Landscape, settle: timedelta) -> Landscape:
    times = {"longest_request": settle, "read_lag": timedelta(0)}
    systems = tuple(each.model_copy(update=times) for each in landscape.systems)
    return landscape.model_copy(update={"systems": systems})


async def _start_counting(database: SlowStore, after: int) -> None:
    async with database.transaction() as tx:
        for name in ("client", "contract", "project"):
            tx.add(CounterRow(name=name, value=after))


async def _clear(client: Client) -> None:
    async for run in client.list_workflows('ExecutionStatus = "Running"'):
        with suppress(RPCError):
            await client.get_workflow_handle(run.id, run_id=run.run_id).terminate()
