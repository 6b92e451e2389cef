"""The PSA: plans, milestones and approved time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from canonical.base import Record
from canonical.clients import Client, ClientId, Company
from canonical.contracts import MilestoneId, MilestoneTerm
from canonical.entries import MilestoneReached, TimeEntry
from canonical.invoices import Invoice, InvoiceStatus, Reference
from canonical.notices import Notices
from canonical.projects import Project, ProjectCode
from canonical.systems import ForeignId

MILESTONES_AT_ONCE = 100


class TimePage(Record):
    """Some approved entries of a timesheet, and where the next page starts; None at the end."""

    entries: tuple[TimeEntry, ...]
    next_page: int | None


class Psa(Protocol):
    """A system that owns plans and milestones, and in which time is approved."""

    async def find_client(self, client: ClientId) -> tuple[ForeignId, ...]:
        """Return every company that carries our client id, the oldest first. Reads."""
        ...

    async def company(self, company: str) -> Company | None:
        """Return the company with an id of the PSA's own, or None. Reads."""
        ...

    async def create_client(self, client: Client) -> ForeignId:
        """Create the company that projects belong to. Class B: carries our client id.

        Raises:
            Rejected: the PSA refuses the values.
        """
        ...

    async def find_project(self, code: ProjectCode) -> tuple[ForeignId, ...]:
        """Return every project that carries our code, the oldest first. Reads."""
        ...

    async def create_project(self, project: Project, client: ForeignId) -> ForeignId:
        """Create the project shell for a company. Class B: carries our project code.

        Raises:
            Rejected: the PSA refuses the values.
        """
        ...

    async def archive_project(self, project: ForeignId) -> None:
        """Take a project out of use; its history stays. Class A: by its id.

        Raises:
            Missing: there is no such project.
        """
        ...

    async def find_milestones(
        self, terms: Sequence[MilestoneTerm]
    ) -> Mapping[MilestoneId, tuple[ForeignId, ...]]:
        """Return what carries each of our milestone ids, the oldest first. Reads.

        At most `MILESTONES_AT_ONCE`; an id that nothing carries has an empty tuple.
        """
        ...

    async def create_milestones(
        self, project: ForeignId, terms: Sequence[MilestoneTerm]
    ) -> tuple[ForeignId, ...]:
        """Create milestones in a project, all or none. Class B: each carries our milestone id.

        At most `MILESTONES_AT_ONCE`, answered in the order of the terms.

        Raises:
            Rejected: the PSA refuses the values of one of them, and has made none.
        """
        ...

    async def changes(self, cursor: str, now: datetime) -> Notices:
        """Return timesheets and milestones that changed since the cursor; "" is from the start.

        The same change may come again, and out of order. Reads.
        """
        ...

    async def approved_time(self, timesheet: ForeignId, page: int) -> TimePage:
        """Return one page (from 1) of a timesheet's entries; none unless it is approved. Reads.

        Raises:
            Missing: there is no such timesheet.
        """
        ...

    async def milestone_reached(self, milestone: ForeignId) -> MilestoneReached | None:
        """Return the milestone if it is one of ours and completed. Reads.

        Raises:
            Missing: there is no such milestone.
        """
        ...

    async def find_invoice(self, reference: Reference) -> tuple[ForeignId, ...]:
        """Return every mirrored invoice that carries our reference, the oldest first. Reads."""
        ...

    async def record_invoice(
        self,
        projects: Mapping[ProjectCode, ForeignId],
        invoice: Invoice,
        status: InvoiceStatus,
        entries: tuple[ForeignId, ...],
    ) -> ForeignId:
        """Mirror an issued invoice and mark its entries invoiced. Class B: carries our reference.

        `projects` are those that the invoice has lines of, at least one.

        Raises:
            Rejected: the PSA refuses the values.
        """
        ...
