"""The milestones of a project as one write: in one request, each to be found again by its id."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta

from activities import effects
from activities.effects import Effect, Kind
from canonical.base import Record
from canonical.contracts import MilestoneId, MilestoneTerm
from canonical.projects import ProjectCode
from canonical.systems import ForeignId
from connectors import ports
from store import crosswalk
from store.database import Transaction


class Terms(Record):
    """The milestones that are written together."""

    terms: tuple[MilestoneTerm, ...]


def batches(terms: Sequence[MilestoneTerm]) -> Iterator[tuple[MilestoneTerm, ...]]:
    """Return the milestones of a project in parts that one request takes."""
    for start in range(0, len(terms), ports.MILESTONES_AT_ONCE):
        yield tuple(terms[start : start + ports.MILESTONES_AT_ONCE])


def key(project: ProjectCode, terms: Sequence[MilestoneTerm]) -> str:
    """Return what a part of a project's milestones is written once under."""
    return f"project/{project}/psa/milestones/{terms[0].id}"


class Batch:
    """Some milestones of one project. Its answer is what stands for the first of them."""

    def __init__(
        self,
        psa: ports.Psa,
        shell: ForeignId,
        terms: Sequence[MilestoneTerm],
        settle: timedelta,
    ) -> None:
        self._psa = psa
        self._shell = shell
        self._terms = tuple(terms)
        self._settle = settle
        self._made: dict[MilestoneId, ForeignId] = {}

    def effect(self, project: ProjectCode) -> Effect:
        """Return the write, once under the project and the first milestone."""
        return Effect(
            kind=Kind.MILESTONE_PSA,
            key=key(project, self._terms),
            system=self._shell.system,
            content=Terms(terms=self._terms),
            send=self._send,
            resolve=self._resolve,
            keep=self._keep,
        )

    async def _send(self) -> ForeignId:
        missing = [term for term in self._terms if term.id not in self._made]
        created = await self._psa.create_milestones(self._shell, missing)
        self._made |= {term.id: made for term, made in zip(missing, created, strict=True)}
        return self._made[self._terms[0].id]

    async def _resolve(self) -> ForeignId | None:
        await self._search()
        if not self._is_complete:
            await asyncio.sleep(self._settle.total_seconds())
            await self._search()
        return self._made[self._terms[0].id] if self._is_complete else None

    @property
    def _is_complete(self) -> bool:
        return len(self._made) == len(self._terms)

    async def _search(self) -> None:
        for ours, found in (await self._psa.find_milestones(self._terms)).items():
            if len(found) > 1:
                msg = f"{len(found)} records in {self._shell.system} carry one reference"
                raise effects.DoubleFoundError(msg)
            for made in found:
                self._made[ours] = made

    async def _keep(self, tx: Transaction, _: ForeignId) -> None:
        for ours, theirs in self._made.items():
            await crosswalk.link(tx, "milestone", ours, theirs)
