"""The bare loop: the same connectors, pages, decisions and batches, and no durability at all.

No store, no engine, no intents: what dies in between is lost or done twice.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from uuid import uuid4

from sqlmodel import select

import settings
import worker
from bench.deals import Active
from bench.house import TODAY, House
from canonical.notices import Notice
from canonical.postings import BatchId, HourBatch, HourLine
from connectors import ports
from policies.billing import entry_decision, journal_cut
from policies.billing.entry_decision import Codes
from store import inbox, mappings
from store.tables.traffic import InboxRow, Outcome

_VOIDED = "posted by the bare loop"


@dataclass(frozen=True)
class Known:
    """What the platform would look up: how far the feed was read, and every code."""

    cursor: str
    messages: frozenset[str]
    codes: Codes


class BareLoop:
    """One pass over what is new in the PSA, straight into the ERP."""

    def __init__(self, psa: ports.Psa, erp: ports.Erp, size: int, *, line_dates: bool) -> None:
        self._psa = psa
        self._erp = erp
        self._size = size
        self._line_dates = line_dates

    async def warm(self, deal: Active) -> None:
        """Sign in and open the connections, as the worker's have long been."""
        await self._psa.find_project(deal.project.code)
        await self._erp.find_journals(deal.contract.entity, BatchId("bench"))

    async def post(self, deal: Active, known: Known) -> tuple[Notice, ...]:
        """Post everything new as cost of a deal, and return the notices that told of it."""
        now = datetime.combine(TODAY, time.max, UTC)
        found = await self._psa.changes(known.cursor, now)
        new = tuple(notice for notice in found.notices if notice.id not in known.messages)
        lines: list[HourLine] = []
        for notice in new:
            page: int | None = 1
            while page is not None:
                fetched = await self._psa.approved_time(notice.subject, page)
                for entry in fetched.entries:
                    decision = entry_decision.decide(
                        entry, deal.contract, deal.project, known.codes
                    )
                    if decision.line is not None:
                        lines.append(decision.line)
                page = fetched.next_page
                while len(lines) >= self._size:
                    lines = await self._post_some(deal, lines)
        while lines:
            lines = await self._post_some(deal, lines)
        return new

    async def _post_some(self, deal: Active, lines: list[HourLine]) -> list[HourLine]:
        """Post what goes into one batch, as the platform cuts it, and return the rest."""
        count = self._size
        if not self._line_dates:
            lines = sorted(lines, key=lambda line: line.work_date)
            count = journal_cut.decide(lines[:count], deal.contract.currency)
        await self._post(deal, lines[:count])
        return lines[count:]

    async def _post(self, deal: Active, lines: list[HourLine]) -> None:
        entity = deal.contract.entity
        numbered = tuple(
            line.model_copy(update={"number": number}) for number, line in enumerate(lines, start=1)
        )
        batch = HourBatch(id=BatchId(f"bench/{uuid4()}"), entity=entity, lines=numbered)
        journal = await self._erp.create_journal(entity, batch.id)
        await self._erp.fill_journal(journal, batch)
        await self._erp.post_journal(entity, journal)


@asynccontextmanager
async def connected(house: House, *, size: int) -> AsyncGenerator[BareLoop]:
    """Open connectors of the loop's own."""
    running = house.running
    credentials = settings.load_credentials(running.config.credentials)
    async with worker.connected(running.landscape.systems, credentials) as connectors:
        by_role: dict[str, Any] = {
            each.role: connectors[each.id] for each in running.landscape.systems
        }
        erp = next(each for each in running.landscape.systems if each.role == "erp")
        yield BareLoop(by_role["psa"], by_role["erp"], size, line_dates=erp.line_dates)


async def known(house: House, deal: Active) -> Known:
    """Return what the loop has to know, before the clock starts."""
    landscape = house.running.landscape
    routes = landscape.routes[deal.contract.entity]
    async with house.running.database.reading() as tx:
        return Known(
            cursor=await inbox.cursor(tx, routes.psa),
            messages=frozenset((await tx.exec(select(InboxRow.message))).all()),
            codes=Codes(
                erp=await mappings.of_system(tx, routes.erp),
                psa=await mappings.of_system(tx, routes.psa),
                entity=deal.contract.entity,
                hours_decimals=landscape.system(routes.erp).hours_decimals,
            ),
        )


async def void(house: House, deal: Active, notices: tuple[Notice, ...]) -> None:
    """Tell the platform that these messages are dealt with: it must not post their time too."""
    psa = house.running.landscape.routes[deal.contract.entity].psa
    async with house.running.database.transaction() as tx:
        await inbox.receive_all(tx, psa, notices)
        waiting = await inbox.waiting(tx, psa, limit=len(notices))
        await inbox.settle_all(tx, [(each, Outcome.VOIDED, _VOIDED) for each in waiting])
