"""What a story's names must lead to, and the order in which its acts make sense."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from world.stage import facts
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
from world.stage.firm import Firm
from world.stage.problems import Location
from world.stage.scenario import Scenario
from world.stage.terms import DealTerms


class Misfit(NamedTuple):
    """A value of the scenario that does not fit the rest of it."""

    location: Location
    text: str


def misfits(scenario: Scenario, firm: Firm) -> Iterator[Misfit]:
    """Return everything that leads nowhere."""
    yield from _twice(("clients",), {key: c.name for key, c in scenario.clients.items()})
    yield from _twice(("deals",), {key: d.name for key, d in scenario.deals.items()})
    for key, deal in scenario.deals.items():
        yield from _known(("deals", key, "client"), "client", deal.client, scenario.clients)
        yield from _entity(("deals", key), deal, firm)
        for number, rate in enumerate(deal.rates):
            at = ("deals", key, "rates", number, "role")
            yield from _known(at, "role", rate.role, firm.roles)
        yield from _twice(
            ("deals", key, "schedule"), dict(enumerate(line.name for line in deal.schedule))
        )
    yield from _Timeline(scenario, firm).misfits()


def firm_misfits(firm: Firm) -> Iterator[Misfit]:
    """Return everything in the firm that leads nowhere."""
    for key, entity in firm.entities.items():
        for group, tax in entity.tax_groups.items():
            at = ("entities", key, "tax_groups", group, "code")
            yield from _known(at, "tax code", tax.code, entity.tax_codes)
    for key, person in firm.people.items():
        yield from _known(("people", key, "entity"), "entity", person.entity, firm.entities)
        if person.role is not None:
            yield from _known(("people", key, "role"), "role", person.role, firm.roles)


class _Timeline:
    """Walks the acts in their order, knowing what came before."""

    def __init__(self, scenario: Scenario, firm: Firm) -> None:
        self._scenario = scenario
        self._firm = firm
        self._won: set[str] = set()
        self._milestones = {
            key: {line.name: line for line in deal.schedule} for key, deal in scenario.deals.items()
        }

    def misfits(self) -> Iterator[Misfit]:
        earlier = self._scenario.timeline[0].on
        for number, act in enumerate(self._scenario.timeline):
            at = ("timeline", number)
            if act.on < earlier:
                text = f"{act.on} is before the line above: put the lines in order of their days"
                yield Misfit((*at, "on"), text)
            earlier = act.on
            yield from self._act(at, act)

    def _act(self, at: Location, act: Act) -> Iterator[Misfit]:
        match act:
            case Win() | Lose() | ChangeClient() | ChangeDeal():
                yield from self._sold(at, act)
            case Work():
                yield from self._won_deal((*at, "work"), act.work)
                yield from self._project(at, act)
                yield from self._worker(at, act)
            case Approve() | ApproveInvoice():
                yield from self._approval(at, act)
            case Reach():
                yield from self._won_deal((*at, "reach"), act.reach)
                known = self._milestones.get(act.reach, {})
                yield from _known((*at, "milestone"), "milestone", act.milestone, known)
            case CutOff():
                yield from self._won_deal((*at, "cut_off"), act.cut_off)

    def _approval(self, at: Location, act: Approve | ApproveInvoice) -> Iterator[Misfit]:
        if isinstance(act, Approve):
            yield from self._won_deal((*at, "approve"), act.approve)
        else:
            yield from self._won_deal((*at, "approve_invoice"), act.approve_invoice)
        yield from _known((*at, "by"), "person", act.by, self._firm.people)

    def _sold(self, at: Location, act: Win | Lose | ChangeClient | ChangeDeal) -> Iterator[Misfit]:
        match act:
            case Win():
                for deal in act.deals:
                    yield from self._deal((*at, "win"), deal)
                self._won.update(act.deals)
            case Lose():
                yield from self._won_deal((*at, "lose"), act.lose)
                self._won.discard(act.lose)
            case ChangeClient():
                at_client = (*at, "change_client")
                yield from _known(at_client, "client", act.change_client, self._scenario.clients)
            case ChangeDeal():
                yield from self._deal((*at, "change_deal"), act.change_deal)
                yield from _entity((*at, "set"), act.set, self._firm)
                yield from self._added(at, act)

    def _added(self, at: Location, act: ChangeDeal) -> Iterator[Misfit]:
        there = self._milestones.setdefault(act.change_deal, {})
        names = [*there, *(line.name for line in act.add_schedule)]
        for misfit in _twice((), dict(enumerate(names))):
            number = int(misfit.location[0]) - len(there)
            yield Misfit((*at, "add_schedule", number, "name"), misfit.text)
        there |= {line.name: line for line in act.add_schedule}

    def _worker(self, at: Location, act: Work) -> Iterator[Misfit]:
        yield from _known((*at, "who"), "person", act.who, self._firm.people)
        if act.role is not None:
            yield from _known((*at, "role"), "role", act.role, self._firm.roles)
        elif act.who in self._firm.people and self._firm.people[act.who].role is None:
            yield Misfit((*at, "who"), f"{act.who} has no role of their own: add `role`")

    def _project(self, at: Location, act: Work) -> Iterator[Misfit]:
        deal = self._scenario.deals.get(act.work)
        names = dict.fromkeys(deal.projects) if deal else {}
        if act.project is not None:
            yield from _known((*at, "project"), "project", act.project, names)
        elif names:
            text = f"{act.work!r} has several projects: add `project`, one of {', '.join(names)}"
            yield Misfit((*at, "work"), text)

    def _won_deal(self, at: Location, deal: str) -> Iterator[Misfit]:
        if deal in self._scenario.deals and deal not in self._won:
            yield Misfit(at, f"{deal!r} is not won yet: put its `win` line above this one")
        yield from self._deal(at, deal)

    def _deal(self, at: Location, deal: str) -> Iterator[Misfit]:
        yield from _known(at, "deal", deal, self._scenario.deals)


def _known(at: Location, what: str, name: str, known: Mapping[str, object]) -> Iterator[Misfit]:
    if name not in known:
        yield Misfit(at, facts.unknown(what, name, known))


def _entity(at: Location, terms: DealTerms, firm: Firm) -> Iterator[Misfit]:
    if terms.entity is not None:
        yield from _known((*at, "entity"), "legal entity", terms.entity, firm.entities)


def _twice(at: Location, names: Mapping[str, str] | Mapping[int, str]) -> Iterator[Misfit]:
    seen: set[str] = set()
    for key, name in names.items():
        if name.casefold() in seen:
            text = f"the name {name!r} stands here twice: systems tell them apart by it"
            yield Misfit((*at, key, "name"), text)
        seen.add(name.casefold())
