"""Plays a story: its lines one after another, each in every system to its end."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import httpx

from world.stage import cast as casting
from world.stage import readback, systems
from world.stage.acts import (
    Act,
    Approve,
    ApproveInvoice,
    ChangeClient,
    ChangeDeal,
    CutOff,
    Lose,
    Reach,
    Win,
    Work,
)
from world.stage.calls import StageError
from world.stage.cast import Cast
from world.stage.keys import Keys
from world.stage.loader import Script
from world.stage.platform import Belief, Platform
from world.stage.readings import PsaProject
from world.stage.report import Report
from world.stage.rest import rest
from world.stage.systems import Systems, Urls

PATIENCE = timedelta(seconds=120)


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the timeline, before it is played and again once it has had its effects."""

    number: int
    total: int
    day: date
    text: str
    is_done: bool


@dataclass(frozen=True, kw_only=True)
class Played:
    """How a play ended. Accounts and opportunities are the CRM's ids by the story's keys."""

    accounts: dict[str, str]
    opportunities: dict[str, str]
    report: Report


async def play(  # noqa: PLR0913 - two seams for tests, by name
    script: Script,
    urls: Urls,
    keys: Keys,
    platform: Platform,
    on_line: Callable[[Line], None],
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    patience: timedelta = PATIENCE,
) -> Played:
    """Play a story on an installed stack and read back what became of it.

    Raises:
        StageError: a system refuses, or a line does not come to rest within the patience.
    """
    async with systems.connect(urls, keys, transport) as opened:
        performance = _Performance(script, opened, platform, patience)
        await performance.open()
        timeline = script.scenario.timeline
        for number, act in enumerate(timeline, start=1):
            line = Line(
                number=number, total=len(timeline), day=act.on, text=act.text, is_done=False
            )
            on_line(line)
            await performance.line(line, act)
            on_line(Line(**{**vars(line), "is_done": True}))
        return await performance.close()


class _Performance:
    """One play under way. `before` is what the platform held true before it began."""

    def __init__(
        self, script: Script, opened: Systems, platform: Platform, patience: timedelta
    ) -> None:
        self._script = script
        self._systems = opened
        self._platform = platform
        self._patience = patience
        self._before = Belief()
        self._cast = Cast(play=1)
        story = script.scenario
        self._entities = {key: deal.entity for key, deal in story.deals.items()}

    async def open(self) -> None:
        """Go to the first day, set the firm up, and put clients and deals where they begin."""
        await self._rest()
        await self._go_to(self._script.scenario.timeline[0].on)
        await self._systems.set_up(self._script.firm)
        self._before = await self._platform.belief()
        self._cast = await casting.assembled(self._script, self._systems)
        await self._register_tax_ids()
        for client in self._cast.clients.values():
            if client.existing:
                await self._systems.erp.add_customer(client.existing, client)
        await self._rest()

    async def line(self, line: Line, act: Act) -> None:
        """Play one line to its end."""
        try:
            await self._go_to(act.on)
            await self._act(act)
            await self._rest()
        except StageError as error:
            at = f"line {line.number} of {line.total} ({line.day}, {line.text})"
            message = f"{at}: {error}"
            raise StageError(message) from error

    async def close(self) -> Played:
        """Read everything back."""
        belief = (await self._platform.belief()).since(self._before)
        report = await readback.read(self._script, self._systems, self._cast, belief)
        return Played(
            accounts=self._cast.accounts, opportunities=self._cast.opportunities, report=report
        )

    async def _go_to(self, day: date) -> None:
        await self._systems.move_clocks(day)
        await self._platform.set_today(day)

    async def _rest(self) -> None:
        await rest(self._systems, self._platform, self._cast, self._patience)

    async def _act(self, act: Act) -> None:
        match act:
            case Win() | Lose() | ChangeClient() | ChangeDeal():
                await self._sell(act)
            case Work():
                role = act.role or self._script.firm.people[act.who].role or ""
                workspace = await self._workspace(act.work, act.project)
                await self._systems.psa.work(workspace, act, role)
            case Approve():
                found = await self._workspaces(act.approve)
                await self._systems.psa.approve(found, act.by, f"Time up to {act.on}")
            case Reach():
                workspace = await self._workspace(act.reach, self._project_of(act))
                await self._systems.psa.reach(workspace, act.milestone)
            case CutOff() | ApproveInvoice():
                await self._ask_platform(act)

    async def _sell(self, act: Win | Lose | ChangeClient | ChangeDeal) -> None:
        opportunities, crm = self._cast.opportunities, self._systems.crm
        match act:
            case Win():
                await asyncio.gather(*(crm.win(opportunities[deal], act.on) for deal in act.deals))
            case Lose():
                await crm.lose(opportunities[act.lose])
            case ChangeClient():
                await self._change_client(act)
            case ChangeDeal():
                await self._change_deal(act)

    async def _ask_platform(self, act: CutOff | ApproveInvoice) -> None:
        opportunities = self._cast.opportunities
        if isinstance(act, CutOff):
            await self._platform.cut_off(opportunities[act.cut_off], act.on)
        else:
            who = self._script.firm.people[act.by].email
            await self._platform.approve_invoices(opportunities[act.approve_invoice], who)

    async def _change_client(self, act: ChangeClient) -> None:
        key = act.change_client
        terms = act.set.of_play(self._cast.play)
        told = terms.model_dump(exclude_unset=True)
        self._cast.clients[key] = self._cast.clients[key].model_copy(update=told)
        await self._register_tax_ids()
        await self._systems.crm.change_client(self._cast.accounts[key], terms)

    async def _change_deal(self, act: ChangeDeal) -> None:
        key = act.change_deal
        if "entity" in act.set.model_fields_set:
            self._entities[key] = act.set.entity
            await self._register_tax_ids()
        opportunity = self._cast.opportunities[key]
        await self._systems.crm.change_deal(opportunity, act.set)
        currency = self._script.scenario.deals[key].currency
        await self._systems.crm.add_schedule(opportunity, act.add_schedule, currency)

    async def _register_tax_ids(self) -> None:
        # Finance registers a VAT id before anybody can become a customer with it.
        for key, deal in self._script.scenario.deals.items():
            entity, terms = self._entities[key], self._cast.clients[deal.client]
            if entity and terms.tax_id and terms.country:
                name = self._script.scenario.clients[deal.client].name
                await self._systems.erp.register_tax_id(entity, terms.tax_id, terms.country, name)

    def _project_of(self, act: Reach) -> str | None:
        """Return the project that the schedule says of a milestone."""
        changes = [one for one in self._script.scenario.timeline if isinstance(one, ChangeDeal)]
        added = [
            line for one in changes if one.change_deal == act.reach for line in one.add_schedule
        ]
        schedule = [*self._script.scenario.deals[act.reach].schedule, *added]
        named = {line.name: line.project for line in schedule}
        return named[act.milestone]

    async def _projects(self, deal: str) -> list[PsaProject]:
        codes = await self._systems.crm.project_codes(self._cast.opportunities[deal])
        return [project for code in codes for project in await self._systems.psa.projects(code)]

    async def _workspaces(self, deal: str) -> list[str]:
        """Return where the deal's time is captured: one for each of its projects."""
        names = self._script.scenario.deals[deal].projects or (None,)
        return [await self._workspace(deal, name) for name in names]

    async def _workspace(self, deal: str, name: str | None) -> str:
        found = [project.id for project in await self._projects(deal) if project.is_of(name)]
        if len(found) == 1:
            return found[0]
        cases = (await self._platform.belief()).since(self._before).cases
        open_cases = "; ".join(case.text for case in cases if case.is_open) or "none"
        of_it = f" {name!r}" if name else ""
        what = f"{deal} has {len(found)} projects{of_it} where time is captured"
        message = f"{what}; cases: {open_cases}"
        raise StageError(message)
