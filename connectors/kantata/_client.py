"""The calls we make to Kantata. One method per call, one attempt per call."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import httpx

from canonical.clients import Client, ClientId, Company
from canonical.contracts import MilestoneId, MilestoneTerm
from canonical.entries import MilestoneReached
from canonical.findings import Brief, Finding
from canonical.invoices import Invoice, InvoiceStatus, Reference
from canonical.notices import Notices
from canonical.projects import Project, ProjectCode
from canonical.systems import ForeignId, SystemId
from connectors import auth, errors, ports
from connectors.kantata import _bodies, _mapping, _references, _wire
from connectors.kantata._api import VENDOR, Api, drift
from connectors.kantata._cursor import Cursor
from connectors.kantata._examination import Examination
from connectors.kantata._options import Options


class Kantata:
    """Kantata, over an HTTP client that already carries base URL, auth and timeout."""

    def __init__(
        self, http_client: httpx.AsyncClient, system: SystemId, options: Options, clock: auth.Clock
    ) -> None:
        self._http = http_client
        self._api = Api(http_client)
        self._system = system
        self._options = options
        self._clock = clock
        self._employees: dict[str, str] = {}

    async def examine(self, brief: Brief) -> tuple[Finding, ...]:
        """Return what is found of the account. See `ports.Examined`."""
        return await Examination(self._http, self._api, brief).carried_out()

    async def find_client(self, client: ClientId) -> tuple[ForeignId, ...]:
        """Return the companies with our client id. See `ports.Psa`."""
        return await self._find(_references.CLIENT, client)

    async def company(self, company: str) -> Company | None:
        """Return the company with an id of Kantata's. See `ports.Psa`."""
        if not (company.isascii() and company.isdecimal()):
            return None
        query = {**_references.CLIENT.shown, "include": "external_references"}
        try:
            answer = await self._api.only("workspace_groups", _wire.Companies, company, query)
        except errors.Missing:
            return None
        with drift("a company"):
            found = answer.workspace_groups[company]
        ours = _references.ours(answer, _references.CLIENT).get(company)
        theirs = ForeignId(system=self._system, value=company)
        client = None if ours is None else ClientId(ours)
        return Company(id=theirs, name=found.name, client=client) if found.company else None

    async def create_client(self, client: Client) -> ForeignId:
        """Create a company. Class B: its external reference can be searched."""
        return await self._create(_references.CLIENT, _bodies.workspace_group(client))

    async def find_project(self, code: ProjectCode) -> tuple[ForeignId, ...]:
        """Return the workspaces with our project code, archived ones too. See `ports.Psa`."""
        return await self._find(_references.PROJECT, code)

    async def create_project(self, project: Project, client: ForeignId) -> ForeignId:
        """Create a workspace. Class B: its external reference can be searched."""
        body = _bodies.workspace(project, _number(client))
        return await self._create(_references.PROJECT, body)

    async def archive_project(self, project: ForeignId) -> None:
        """Archive a workspace. Class A: a second time Kantata may hide it, or change nothing."""
        number = _number(project)
        try:
            await self._api.update("workspaces", number, {"workspace": {"archived": True}})
        except errors.Missing:
            await self._project(str(number))

    async def find_milestones(
        self, terms: Sequence[MilestoneTerm]
    ) -> Mapping[MilestoneId, tuple[ForeignId, ...]]:
        """Return the stories with our milestone ids, archived ones too. See `ports.Psa`."""
        found = await self._find_all(_references.MILESTONE, [term.id for term in terms])
        return {MilestoneId(ref): carriers for ref, carriers in found.items()}

    async def create_milestones(
        self, project: ForeignId, terms: Sequence[MilestoneTerm]
    ) -> tuple[ForeignId, ...]:
        """Create stories in one call. Class B: their external references can be searched.

        Raises:
            Uncertain: the answer does not name each of them.
        """
        workspace = _number(project)
        bodies = [_bodies.story(term, workspace) for term in terms]
        query = {"include": "external_references"}
        answer = await self._api.create_all(_references.MILESTONE.path, bodies, query)
        made = {ref: key for key, ref in _references.ours(answer, _references.MILESTONE).items()}
        if made.keys() != {term.id for term in terms}:
            raise errors.Uncertain(VENDOR, "not every story came back under its reference")
        return tuple(ForeignId(system=self._system, value=made[term.id]) for term in terms)

    async def changes(self, cursor: str, now: datetime) -> Notices:
        """Return what changed since shortly before the cursor. See `ports.Psa`.

        Raises:
            Drifted: the last poll is so long ago that Kantata may have forgotten what came since.
        """
        last, at = Cursor.read(cursor), self._clock()
        if self._options.missed(last, at, now):
            detail = (
                f"not polled since {last.polled_at:%Y-%m-%d}, longer than events are kept: what was"
                " approved since can be lost; docs/operating.md says how to resynchronize"
            )
            raise errors.Drifted(VENDOR, detail)
        query = {
            "event_types": ",".join(_mapping.NOTICES),
            "created_after": self._options.since(last, now).isoformat(),
            "order": "created_at:asc",
        }
        events: dict[str, _wire.Event] = {}
        async for page in self._api.pages("subscribed_events", _wire.Events, query):
            with drift("an event"):
                rows = page.subscribed_events
                events.update((found.id, rows[found.id]) for found in page.results)
        polled = replace(last, polled_at=at, polled_for=now)
        return _mapping.notices(events.values(), polled, self._system)

    async def approved_time(self, timesheet: ForeignId, page: int) -> ports.TimePage:
        """Return one page of a submission's entries. See `ports.Psa`.

        Raises:
            Transient: its approval was taken back since the page before; start again.
        """
        number = _number(timesheet)
        approval = await self._approval(number)
        if approval is None and page > 1:  # so the pages before it are no longer approved either
            raise errors.Transient(VENDOR, "an approval was taken back between two pages")
        if approval is None:
            return ports.TimePage(entries=(), next_page=None)
        query = {
            "with_timesheet_id": str(number),
            "from_archived_workspaces": "true",
            "include": "active_submission,role,user,workspace",
            "order": "created_at:asc",
        }
        answer = await self._api.page("time_entries", _wire.TimeEntries, query, page)
        with drift("a time entry"):
            rows = [answer.time_entries[found.id] for found in answer.results]
        users = {row.user_id for row in rows}
        if users and (page == 1 or not users <= self._employees.keys()):
            await self._learn_employees()  # on page 1 anew: a number may have been corrected
        with drift("a time entry"):
            entries = tuple(
                _mapping.time_entry(row, approval, answer.roles, self._employees, self._system)
                for row in rows
            )
        following = page + 1 if page < answer.meta.page_count else None
        return ports.TimePage(entries=entries, next_page=following)

    async def milestone_reached(self, milestone: ForeignId) -> MilestoneReached | None:
        """Return the story if it is ours and completed. See `ports.Psa`."""
        story_id = str(_number(milestone))
        query = {**_references.MILESTONE.shown, "include": "external_references,workspace"}
        answer = await self._api.only("stories", _wire.Stories, story_id, query)
        with drift("a story"):
            story = answer.stories[story_id]
        reference = _references.ours(answer, _references.MILESTONE).get(story_id)
        if reference is None or story.state != "completed":
            return None
        home = await self._project(story.workspace_id)
        with drift("the workspace of our milestone"):
            code = _references.ours(home, _references.PROJECT)[story.workspace_id]
        return _mapping.milestone_reached(story, reference, code, self._system)

    async def find_invoice(self, reference: Reference) -> tuple[ForeignId, ...]:
        """Return the mirrored invoices with our reference. See `ports.Psa`."""
        return await self._find(_references.INVOICE, reference)

    async def record_invoice(
        self,
        projects: Mapping[ProjectCode, ForeignId],
        invoice: Invoice,
        status: InvoiceStatus,
        entries: tuple[ForeignId, ...],
    ) -> ForeignId:
        """Create an invoice over the entries. Class B: its external reference can be searched."""
        numbers = tuple(_number(entry) for entry in entries)
        days = self._options.payment_schedule_days
        workspaces = {code: _number(project) for code, project in projects.items()}
        body = _bodies.invoice(invoice, status, workspaces, numbers, days)
        return await self._create(_references.INVOICE, body)

    async def _find(self, kind: _references.Kind, ref: str) -> tuple[ForeignId, ...]:
        return (await self._find_all(kind, [ref]))[ref]

    async def _find_all(
        self, kind: _references.Kind, refs: Sequence[str]
    ) -> dict[str, tuple[ForeignId, ...]]:
        found: dict[str, list[str]] = {ref: [] for ref in refs}
        query = _references.lookup(kind, *refs)
        async for page in self._api.pages(kind.path, _wire.Page, query):
            with drift(f"what carries the reference of a {kind.model}"):
                for ref, carrier in _references.carriers(page, kind, found):
                    found[ref].append(carrier)
        with drift(f"the id of a {kind.model}"):
            return {ref: _references.oldest_first(ids, self._system) for ref, ids in found.items()}

    async def _create(self, kind: _references.Kind, body: _wire.Wire) -> ForeignId:
        created = await self._api.create(kind.path, kind.member, body)
        return ForeignId(system=self._system, value=created)

    async def _approval(self, submission: int) -> _mapping.Approval | None:
        answer = await self._api.one(f"timesheet_submissions/{submission}", _wire.Submissions)
        with drift("a timesheet submission"):
            return _mapping.approval(answer.timesheet_submissions[str(submission)])

    async def _project(self, workspace: str) -> _wire.Page:
        query = {**_references.PROJECT.shown, "include": "external_references"}
        return await self._api.only("workspaces", _wire.Page, workspace, query)

    async def _learn_employees(self) -> None:
        query = {
            "subject_type": "User",
            "service_name": "hr",
            "service_model": "Worker",
            "order": "created_at:asc",
        }
        found: dict[str, str] = {}
        async for page in self._api.pages("external_references", _wire.Page, query):
            with drift("an employee number"):
                found |= _mapping.employees(page)
        self._employees = found


def _number(record: ForeignId) -> int:
    """Return the id as a number, which every id of Kantata is."""
    if not (record.value.isascii() and record.value.isdecimal()):
        raise errors.Missing(VENDOR, "an id that is no number names no record")
    return int(record.value)
