"""A deal on its way, for tests of single steps: what the store holds before one of them runs."""

from datetime import date, timedelta

from sqlmodel import col, select

import settings
from activities.effects import Effects, content_hash
from activities.postings import PostingRecords
from canonical.codes import CustomerCodes
from canonical.contracts import Contract
from canonical.entries import TimeEntry
from canonical.invoices import Invoice
from canonical.processes import InvoiceRequest, Lane, ProjectRequest, Routes
from canonical.projects import Project, ProjectCode
from canonical.slices import Slice
from canonical.systems import ForeignId
from connectors.ports import ErpDelivery
from settings import Settings
from store import (
    billing,
    clients,
    clock,
    contracts,
    crosswalk,
    engagements,
    entries,
    invoices,
    slices,
)
from store.database import Database
from store.entries import Arrival, Filed
from store.tables.effects import AuditRow, IntentRow
from tests.erp_port import ENFORCED, FakeErp
from tests.fakes import (
    CRM,
    ERP,
    PSA,
    USMF,
    client,
    contract,
    foreign,
    invoice,
    opportunity,
    project,
)
from tests.ports import FakePsa

ROUTES = Routes(entity=USMF, crm=CRM, psa=PSA, erp=ERP)
LANE = Lane(erp=ERP, entity=USMF, shard=0)
DEAL = opportunity().id
TODAY = date(2026, 7, 31)
CUSTOMER = foreign(ERP, "CL-00001")
COMPANY = foreign(PSA, "400")
SHELL = foreign(PSA, "500")
AT_ONCE = timedelta(0)
LANDSCAPE = settings.load_landscape(Settings().landscape)
CODES = CustomerCodes(customer_group="10", payment_terms="Net30", tax_group="DOM")
PROJECT = ProjectRequest(
    project=project().code, contract=contract().id, opportunity=DEAL, routes=ROUTES
)


def cycle(number: int = 1) -> InvoiceRequest:
    return InvoiceRequest(contract=contract().id, cycle=number, opportunity=DEAL, routes=ROUTES)


async def won(database: Database, **changes: object) -> None:
    """Leave a deal as last read, CT-00001, and its client as checked, CL-00001."""
    deal = opportunity(**changes)
    async with database.transaction() as tx:
        await clock.set_today(tx, TODAY)
        engagement = await engagements.claim(tx, deal.id)
        assert engagement is not None
        await engagements.save_deal(tx, engagement.contract, deal)
        await clients.identify(tx, client().account)
        await clients.save(tx, client())


async def active(
    database: Database,
    terms: Contract | None = None,
    plan: Project | None = None,
    *,
    has_shell: bool = True,
) -> None:
    """Leave a contract with its project, its client in every system, the project in the PSA."""
    await won(database)
    plan = plan or project()
    async with database.transaction() as tx:
        await contracts.save(tx, terms or contract())
        await contracts.save_project(tx, plan)
    await link(database, "client", "CL-00001/USMF", CUSTOMER)
    await link(database, "client", "CL-00001", COMPANY)
    if has_shell:
        await link(database, "project", plan.code, SHELL)


async def approved(database: Database, *found: TimeEntry) -> None:
    """Leave approved entries of the project, not yet priced."""
    filed = [Filed(each, project().code, contract().id) for each in found]
    async with database.transaction() as tx:
        await entries.add(tx, [Arrival(one, LANE.key, foreign(PSA, "T1")) for one in filed])


async def released(database: Database, *found: TimeEntry) -> int:
    """Let held entries be decided again that are approved still."""
    filed = [Filed(each, project().code, contract().id) for each in found]
    async with database.transaction() as tx:
        arrivals = [Arrival(one, LANE.key, foreign(PSA, "T1")) for one in filed]
        read = [foreign(PSA, "T1")]
        return (await entries.reconsider_held(tx, LANE.key, read, arrivals))[0]


async def ready(database: Database, *parts: Slice, cut_off: date = TODAY) -> None:
    """Leave work ready to bill, and the request to bill it up to a day: cycle 1."""
    async with database.transaction() as tx:
        await slices.add(tx, [(contract().id, part) for part in parts])
        await billing.request(
            tx, contract().id, kind=billing.CUT_OFF, key=f"cut-off/{cut_off}", cut_off=cut_off
        )


async def drafted(database: Database, **changes: object) -> Invoice:
    """Leave an invoice as prepared for cycle 1, not yet in the ERP."""
    made = invoice(1, **changes)
    async with database.transaction() as tx:
        await invoices.draft(tx, made, cycle=1, content_hash=content_hash(made))
    return made


async def link(database: Database, kind: crosswalk.Kind, ours: str, theirs: ForeignId) -> None:
    async with database.transaction() as tx:
        await crosswalk.link(tx, kind, ours, theirs)


async def linked(
    database: Database, kind: crosswalk.Kind, ours: str, among: ForeignId
) -> ForeignId | None:
    """Return what the system of an id calls this thing of ours."""
    async with database.reading() as tx:
        return await crosswalk.find(tx, kind, ours, among.system)


async def trail(database: Database, subject: str) -> list[str]:
    """Return what was done to a subject, in order."""
    async with database.reading() as tx:
        query = select(AuditRow.action).where(AuditRow.subject == subject)
        return list((await tx.exec(query.order_by(col(AuditRow.seq)))).all())


async def states(database: Database) -> dict[str, str]:
    """Return how far each write to another system has come, by its key."""
    async with database.reading() as tx:
        return {row.key: row.state.value for row in (await tx.exec(select(IntentRow))).all()}


def postings(database: Database) -> PostingRecords:
    return PostingRecords(database, LANDSCAPE)


def effects(database: Database) -> Effects:
    return Effects(database)


def erp(*, delivers: ErpDelivery = ENFORCED, **taxes: str) -> FakeErp:
    """Return an ERP that has the client as a customer."""
    fake = FakeErp(taxes=taxes, delivers=delivers)
    fake.customers[CUSTOMER] = (USMF, client(), CODES)
    return fake


def psa(*, has_shell: bool = True) -> FakePsa:
    """Return a PSA that has the client's company and the project's shell."""
    fake = FakePsa()
    fake.companies[COMPANY] = client().id
    if has_shell:
        fake.projects[SHELL] = ProjectCode("PR-00001")
    return fake
