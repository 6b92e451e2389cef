"""Fakes that remember, behind the ports. Trouble for any of their calls can be arranged."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from canonical.clients import Account, Client, ClientId, ClientLinks, Company
from canonical.contracts import MilestoneId, MilestoneTerm
from canonical.entries import MilestoneReached, TimeEntry
from canonical.invoices import Invoice, InvoiceStatus, Reference
from canonical.notices import Notice, NoticeKind, Notices
from canonical.opportunities import Opportunity
from canonical.projects import Project, ProjectCode
from canonical.systems import ForeignId
from connectors import errors, ports
from tests.erp_port import FakeErp
from tests.fakes import CRM, PSA
from tests.trouble import VENDOR, Troubled, call, kept, present

T = TypeVar("T")
_CHANGES_A_POLL = 3


class FakeCrm(Troubled):
    """A CRM in our words: put deals and accounts in, find what was written back."""

    def __init__(self, *deals: Opportunity, accounts: tuple[Account, ...] = ()) -> None:
        super().__init__(CRM)
        self.deals = {deal.id: deal for deal in deals}
        self.accounts = {account.id: account for account in accounts}
        self.clients: dict[ForeignId, ClientLinks] = {}
        self.projects: dict[ForeignId, tuple[str, str]] = {}  # codes, and their status
        self.invoices: dict[Reference, tuple[ForeignId, InvoiceStatus]] = {}
        self.notices: list[Notice] = []
        self.missed_since: datetime | None = None
        self.deleted: set[ForeignId] = set()

    def deletes(self, opportunity: ForeignId) -> None:
        """Delete a deal: it can be read, as not won, and nothing can be written on it."""
        self.deals[opportunity] = self.deals[opportunity].model_copy(update={"is_won": False})
        self.deleted.add(opportunity)

    def tells(self, kind: NoticeKind, subject: ForeignId) -> None:
        """Tell of a change in the feed, as somebody made it."""
        notice = Notice(id=f"change-{len(self.notices) + 1}", kind=kind, subject=subject)
        self.notices.append(notice)

    @call
    async def changes(self, cursor: str, now: datetime) -> Notices:  # noqa: ARG002 - a port's name
        start = int(cursor or 0)
        end = min(start + _CHANGES_A_POLL, len(self.notices))
        return Notices(
            notices=tuple(self.notices[start:end]),
            cursor=str(end),
            is_all=end == len(self.notices),
            missed_since=self.missed_since,
        )

    @call
    async def opportunity(self, opportunity: ForeignId) -> Opportunity:
        return present(self.deals.get(opportunity), "opportunity")

    @call
    async def account(self, account: ForeignId) -> Account:
        return present(self.accounts.get(account), "account")

    @call
    async def record_client(self, account: ForeignId, links: ClientLinks) -> None:
        self.clients[present(self.accounts.get(account), "account").id] = links

    @call
    async def record_project(
        self, opportunity: ForeignId, codes: Sequence[ProjectCode], status: str
    ) -> None:
        known = None if opportunity in self.deleted else self.deals.get(opportunity)
        self.projects[present(known, "opportunity").id] = (", ".join(codes), status)

    @call
    async def record_invoice(
        self, opportunity: ForeignId, invoice: Invoice, status: InvoiceStatus
    ) -> ForeignId:
        self.invoices[invoice.reference] = (opportunity, status)
        return ForeignId(system=self.system, value=f"INV-{invoice.reference}")


class FakePsa(Troubled):
    """A PSA in our words. `notices` is its feed; `timesheets` holds what was approved."""

    def __init__(self, *, page_size: int = 2) -> None:
        super().__init__(PSA)
        self.companies: dict[ForeignId, ClientId] = {}
        self.existing: dict[ForeignId, Company] = {}
        self.projects: dict[ForeignId, ProjectCode] = {}
        self.archived: list[ForeignId] = []
        self.milestones: dict[ForeignId, MilestoneId] = {}
        self.notices: list[Notice] = []
        self.timesheets: dict[ForeignId, list[TimeEntry]] = {}
        self.drifts: set[ForeignId] = set()  # what it answers in a way nobody understands
        self.reached: dict[ForeignId, MilestoneReached | None] = {}
        self.invoices: dict[ForeignId, Reference] = {}
        self.invoiced: list[ForeignId] = []
        self._page_size = page_size

    def approves(self, timesheet: str, *entries: TimeEntry) -> None:
        """Approve a timesheet, and tell of it in the feed."""
        subject = ForeignId(system=self.system, value=timesheet)
        self.timesheets[subject] = list(entries)
        self._tell("timesheet", subject)

    def recalls(self, *entries: TimeEntry) -> None:
        """Take the approval of entries back, and tell of their timesheets in the feed."""
        gone = {entry.id for entry in entries}
        for subject, approved in self.timesheets.items():
            left = [entry for entry in approved if entry.id not in gone]
            if len(left) < len(approved):
                self.timesheets[subject] = left
                self._tell("timesheet", subject)

    def reaches(self, milestone: str, reached: MilestoneReached | None) -> None:
        """Complete a milestone, or one that is none of ours, and tell of it in the feed."""
        subject = ForeignId(system=self.system, value=milestone)
        self.reached[subject] = reached
        self._tell("milestone", subject)

    def _tell(self, kind: str, subject: ForeignId) -> None:
        notice = {"id": f"event-{len(self.notices) + 1}", "kind": kind, "subject": subject}
        self.notices.append(Notice.model_validate(notice))

    @call
    async def find_client(self, client: ClientId) -> tuple[ForeignId, ...]:
        return _carrying(client, self.companies)

    @call
    async def company(self, company: str) -> Company | None:
        return self.existing.get(ForeignId(system=self.system, value=company))

    @call
    async def create_client(self, client: Client) -> ForeignId:
        return kept(self.fresh(), client.id, self.companies)

    @call
    async def find_project(self, code: ProjectCode) -> tuple[ForeignId, ...]:
        return _carrying(code, self.projects)

    @call
    async def create_project(self, project: Project, client: ForeignId) -> ForeignId:
        present((self.companies | self.existing).get(client), "company")
        return kept(self.fresh(), project.code, self.projects)

    @call
    async def archive_project(self, project: ForeignId) -> None:
        present(self.projects.get(project), "project")
        if project not in self.archived:
            self.archived.append(project)

    @call
    async def find_milestones(
        self, terms: Sequence[MilestoneTerm]
    ) -> dict[MilestoneId, tuple[ForeignId, ...]]:
        return {term.id: _carrying(term.id, self.milestones) for term in terms}

    @call
    async def create_milestones(
        self, project: ForeignId, terms: Sequence[MilestoneTerm]
    ) -> tuple[ForeignId, ...]:
        present(self.projects.get(project), "project")
        return tuple(kept(self.fresh(), term.id, self.milestones) for term in terms)

    @call
    async def changes(self, cursor: str, now: datetime) -> Notices:  # noqa: ARG002 - a port's name
        found = self.notices[int(cursor or 0) :]
        return Notices(notices=tuple(found), cursor=str(len(self.notices)))

    @call
    async def approved_time(self, timesheet: ForeignId, page: int) -> ports.TimePage:
        if timesheet in self.drifts:
            raise errors.Drifted(VENDOR, "timesheet")
        entries = present(self.timesheets.get(timesheet), "timesheet")
        end = page * self._page_size
        following = page + 1 if end < len(entries) else None
        found = tuple(entries[end - self._page_size : end])
        return ports.TimePage(entries=found, next_page=following)

    @call
    async def milestone_reached(self, milestone: ForeignId) -> MilestoneReached | None:
        if milestone not in self.reached:
            raise errors.Missing(VENDOR, "no milestone")
        return self.reached[milestone]

    @call
    async def find_invoice(self, reference: Reference) -> tuple[ForeignId, ...]:
        return _carrying(reference, self.invoices)

    @call
    async def record_invoice(
        self,
        projects: Mapping[ProjectCode, ForeignId],
        invoice: Invoice,
        status: InvoiceStatus,  # noqa: ARG002 - a port's name
        entries: tuple[ForeignId, ...],
    ) -> ForeignId:
        for project in projects.values():
            present(self.projects.get(project), "project")
        self.invoiced.extend(entries)
        return kept(self.fresh(), invoice.reference, self.invoices)


def _carrying(reference: T, records: dict[ForeignId, T]) -> tuple[ForeignId, ...]:
    return tuple(made for made, carried in records.items() if carried == reference)


PORTS: tuple[type[ports.Crm], type[ports.Psa], type[ports.Erp]] = (FakeCrm, FakePsa, FakeErp)
