"""Delivery at work in Kantata: people, time and its approval, milestones, and the change feed."""

import hashlib
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

import httpx

from world.stage import kantata_api, kantata_reading, money, readings
from world.stage.acts import Work
from world.stage.calls import StageError
from world.stage.evidence import Sent
from world.stage.firm import Cost, Firm, Person
from world.stage.kantata_api import SYSTEM, Account, Record
from world.stage.keys import Keys

_COMPLETED = "completed"
_FEED = {"timesheet:updated": "TimesheetSubmission", "story:updated": "Story"}
_EVERYBODY = {"on_my_account": "true"}


@asynccontextmanager
async def connect(
    url: str, keys: Keys, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator["Kantata"]:
    """Come in as the account's administrator."""
    token = keys.kantata_tokens[0]
    async with kantata_api.connect(url, token, transport) as account:
        yield Kantata(account, token)


class Kantata:
    """One account, as the firm's delivery people use it."""

    def __init__(self, account: Account, token: str) -> None:
        self._account = account
        self._token = token
        self.door = account.door
        self._roles: dict[str, str] = {}
        self._users: dict[str, str] = {}

    async def set_up(self, firm: Firm) -> None:
        """Keep the firm's roles and people, with what an hour of each costs; remember them."""
        roles = {role["name"]: role["id"] for role in await self._account.all("roles", {})}
        for code, role in firm.roles.items():
            if role.name not in roles:
                made = await self._account.create("roles", "role", {"name": role.name})
                roles[role.name] = made["id"]
            self._roles[code] = roles[role.name]
        found = await self._account.all("users", _EVERYBODY)
        users = {user["email_address"]: user["id"] for user in found}
        for key, person in firm.people.items():
            known = users.get(person.email)
            self._users[key] = known or await self._join(person)
            await self._cost(self._users[key], person.costs)
        settings = await self.door.settings()
        tokens = {self._token_of(user): user for user in self._users.values()}
        await self.door.change_settings({"token_users": settings["token_users"] | tokens})

    async def read(self, code: str) -> readings.Work:
        """Read everything on a project back."""
        return await kantata_reading.work(self._account, code)

    async def projects(self, code: str) -> tuple[readings.PsaProject, ...]:
        """Return the workspaces that carry a project's code; there should be one."""
        return await kantata_reading.projects(self._account, code)

    async def work(self, workspace: str, act: Work, role: str) -> None:
        """Enter time."""
        entry = {
            "workspace_id": workspace,
            "user_id": self._users[act.who],
            "role_id": self._roles[role],
            "date_performed": act.on.isoformat(),
            "time_in_minutes": act.worked_minutes,
            "billable": act.billable,
            "notes": act.note,
        }
        await self._account.create("time_entries", "time_entry", entry)

    async def approve(self, workspaces: Sequence[str], by: str, title: str) -> None:
        """Submit everybody's open time on projects, one submission each, and approve it."""
        found = [(workspace, await self._open_time(workspace)) for workspace in workspaces]
        if not any(entries for _, entries in found):
            message = "there is no open time to approve: put a `work` line above"
            raise StageError(message)
        for workspace, entries in found:
            for user, items in entries.items():
                submission = {
                    "workspace_id": workspace,
                    "user_id": user,
                    "title": title,
                    "line_item_ids": items,
                }
                await self._approved(submission, by)

    async def _approved(self, submission: Record, by: str) -> None:
        made = await self._account.create(
            "timesheet_submissions", "timesheet_submission", submission
        )
        await self._account.write(
            "PUT",
            f"timesheet_submissions/{made['id']}/approve",
            {"resolution": {"description": "Approved"}},
            token=self._token_of(self._users[by]),
        )

    async def _open_time(self, workspace: str) -> dict[str, list[str]]:
        """Return the entries of a project that are in no submission, by who worked."""
        open_time = {
            "workspace_ids": workspace,
            "in_active_submission": "false",
            "order": "date_performed:asc",
            "include": "user",
        }
        entries: dict[str, list[str]] = defaultdict(list)
        for entry in await self._account.all("time_entries", open_time):
            entries[entry["user_id"]].append(entry["id"])
        return entries

    async def reach(self, workspace: str, milestone: str) -> None:
        """Complete a milestone."""
        there = await kantata_reading.milestones(self._account, workspace)
        found = [story.id for story in there if story.name == milestone]
        if len(found) != 1:
            names = ", ".join(story.name for story in there) or "none"
            message = f"the project has {len(found)} milestones {milestone!r}; there are: {names}"
            raise StageError(message)
        await self._account.write("PUT", f"stories/{found[0]}", {"story": {"state": _COMPLETED}})

    async def sent(self, workspaces: Sequence[str]) -> list[Sent]:
        """Return what the feed now says of these projects' timesheets and milestones."""
        subjects: dict[str, list[str]] = {"TimesheetSubmission": [], "Story": []}
        for workspace in workspaces:
            sheets = await self._account.all("timesheet_submissions", {"workspace_id": workspace})
            subjects["TimesheetSubmission"] += [sheet["id"] for sheet in sheets]
            stories = await kantata_reading.milestones(self._account, workspace)
            subjects["Story"] += [story.id for story in stories]
        return [
            Sent(source=SYSTEM, id=event["id"], about=f"{kind} {event['subject_id']}")
            for kind, ids in subjects.items()
            for event in await self._events(kind, ids)
        ]

    async def _events(self, kind: str, subjects: Iterable[str]) -> list[Record]:
        ids = ",".join(subjects)
        if not ids:
            return []
        types = ",".join(name for name, subject in _FEED.items() if subject == kind)
        query = {"subject_type": kind, "subject_id": ids, "event_types": types}
        found = await self._account.all("subscribed_events", query)
        return list({event["id"]: event for event in found}.values())

    async def _join(self, person: Person) -> str:
        user = await self._account.join(person.name, person.email)
        employee = {
            "service_name": "hr",
            "service_model": "Worker",
            "service_model_ref": person.employee,
            "subject_type": "User",
            "subject_id": user,
        }
        await self._account.create(
            "external_references/create_or_update", "external_reference", employee
        )
        return user

    async def _cost(self, user: str, costs: Iterable[Cost]) -> None:
        found = await self._account.all("cost_rates", {"user_id": user})
        known = {
            (rate["effective_date"], rate["currency"], rate["rate_in_cents"]) for rate in found
        }
        for cost in costs:
            day = cost.since.isoformat()
            cents = int(cost.per_hour.scaleb(money.decimals(cost.currency)))
            if (day, cost.currency, cents) not in known:
                rate = {
                    "user_id": user,
                    "effective_date": day,
                    "rate_in_cents": cents,
                    "currency": cost.currency,
                }
                await self._account.create("cost_rates", "cost_rate", rate)

    def _token_of(self, user: str) -> str:
        # A token of their own, so that approvals say who approved.
        return hashlib.sha256(f"{self._token}/{user}".encode()).hexdigest()
