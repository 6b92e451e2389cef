"""Postings: pricing approved entries, freezing them into batches, posting them as cost."""

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from temporalio import activity

from activities import effects, failures, triggers, unasked
from activities.effects import Digest, Effect, Effects, Kind, content_hash
from canonical.base import Record
from canonical.cases import Defect
from canonical.entries import EntryKey
from canonical.landscape import Landscape
from canonical.organization import EntityId
from canonical.postings import BatchId, HourBatch
from canonical.processes import Lane
from canonical.systems import ForeignId, SystemId
from connectors import ports
from policies.billing import entry_decision, journal_cut
from store import batches, contracts, entries, intents, mappings, slices
from store.database import Database, Transaction
from store.entries import Decision, Filed
from store.tables.work import Progress

_MOST_DEFECTS = 20  # a history carries decisions, never rows


class CutRequest(Record):
    """Cut a lane's next batch; `psa` is where its entries come from."""

    lane: Lane
    psa: SystemId
    size: int = 1000


class Cut(Record):
    """The batch, if there was anything to post; `held` entries wait for what the defects name."""

    batch: BatchId | None
    size: int
    held: int
    defects: tuple[Defect, ...]
    asks_to_bill: bool = False  # a contract has come above its billing threshold


class PostRequest(Record):
    """Post a frozen batch."""

    batch: BatchId
    entity: EntityId


class _Frozen(NamedTuple):
    """A batch, and the digest of it that its writes share."""

    batch: HourBatch
    digest: Digest


class _Decided(NamedTuple):
    """One entry with what was decided about it."""

    filed: Filed
    decision: entry_decision.Decision


class PostingRecords:
    """Steps about postings that touch only the store."""

    def __init__(self, database: Database, landscape: Landscape) -> None:
        self._database = database
        self._landscape = landscape

    @activity.defn(name="postings.cut")
    async def cut(self, request: CutRequest) -> Cut:
        """Price and freeze the next batch. Idempotent: what is cut is not cut again."""
        with failures.reported():
            async with self._database.transaction() as tx:
                erp = self._landscape.system(request.lane.erp)
                decided = await _decide(tx, request, erp.hours_decimals)
                if not erp.line_dates:
                    own = self._landscape.entity(request.lane.entity).currency
                    lines = [item.decision.line for item in decided]
                    decided = decided[: journal_cut.decide(lines, own)]
                cut = await _freeze(tx, request.lane, decided)
                asks = await self._cross(tx, decided)
                return cut.model_copy(update={"asks_to_bill": asks})

    @activity.defn(name="postings.unposted")
    async def unposted(self, lane: Lane) -> tuple[Cut, ...]:
        """Return batches that an earlier run froze and did not post. Idempotent: reads only."""
        async with self._database.reading() as tx:
            found = await batches.unposted(tx, lane.key)
        return tuple(Cut(batch=batch, size=size, held=0, defects=()) for batch, size in found)

    async def _cross(self, tx: Transaction, decided: list[_Decided]) -> bool:
        became_ready = {
            item.filed.contract for item in decided if item.decision.part.state == "ready"
        }
        crossed: list[bool] = []
        for contract in sorted(became_ready):  # so lanes do not wait for each other in a ring
            terms = await contracts.get(tx, contract)
            crossed.append(await triggers.cross(tx, self._landscape, terms))
            billed_until = await contracts.billed_until(tx, contract)
            if billed_until is not None and billed_until >= terms.service_until:
                await unasked.keep_case(tx, terms)  # nothing asks for it by itself any more
        return any(crossed)


class ErpPostings:
    """Steps about postings, bound to one ERP by the worker."""

    def __init__(
        self, erp: ports.Erp, database: Database, performed: Effects, *, settle: timedelta
    ) -> None:
        self._erp = erp
        self._database = database
        self._effects = performed
        self._settle = settle

    @activity.defn(name="postings.post")
    async def post(self, request: PostRequest) -> ForeignId:
        """Draft, fill and post a batch. Idempotent: posted by its own id."""
        with failures.reported():
            async with self._database.reading() as tx:
                batch = await batches.get(tx, request.batch)
            frozen = _Frozen(batch, content_hash(batch))
            journal = await self._draft(frozen)
            await self._fill(frozen, journal)
            return await self._post(frozen, journal)

    async def _draft(self, frozen: _Frozen) -> ForeignId:
        batch = frozen.batch

        async def find() -> tuple[ForeignId, ...]:
            found = await self._erp.find_journals(batch.entity, batch.id)
            posted_first = sorted(found, key=lambda document: not document.is_posted)
            return tuple(document.id for document in posted_first)

        return await self._effects.once(
            _effect(
                Kind.JOURNAL_DRAFT,
                frozen,
                send=lambda: self._erp.create_journal(batch.entity, batch.id),
                resolve=effects.as_delivered(
                    self._erp.delivers.journal,
                    effects.by_reference(
                        find,
                        settle=self._settle,
                        discard=lambda double: self._erp.discard_journal(batch.entity, double),
                    ),
                ),
            )
        )

    async def _fill(self, frozen: _Frozen, journal: ForeignId) -> None:
        batch = frozen.batch

        async def send() -> ForeignId:
            await self._erp.fill_journal(journal, batch)
            return journal

        resolve = effects.as_delivered(
            self._erp.delivers.journal_lines,
            effects.if_there(
                lambda: self._erp.holds_journal_lines(journal, batch),
                journal,
                settle=self._settle,
            ),
        )
        filled = _effect(Kind.JOURNAL_LINES, frozen, send=send, resolve=resolve)
        await self._effects.once(filled)

    async def _post(self, frozen: _Frozen, journal: ForeignId) -> ForeignId:
        batch = frozen.batch

        async def keep(tx: Transaction, voucher: ForeignId) -> None:
            await entries.mark_posted(tx, batch.id)
            await batches.mark_posted(tx, batch.id, voucher.value)

        effect = _effect(
            Kind.JOURNAL_POST,
            frozen,
            send=lambda: self._erp.post_journal(batch.entity, journal),
            keep=keep,
        )
        return await self._effects.once(effect)


def _effect(
    kind: Kind,
    frozen: _Frozen,
    *,
    send: effects.Send,
    resolve: effects.Resolve = effects.send_again,
    keep: effects.Keep | None = None,
) -> Effect:
    batch = frozen.batch.id
    return Effect(
        kind=kind,
        key=f"batch/{batch}/{kind.value}",
        system=Lane.parse(batch.rpartition("/")[0]).erp,
        content=frozen.digest,
        send=send,
        resolve=resolve,
        keep=keep,
    )


async def _decide(tx: Transaction, request: CutRequest, hours_decimals: int) -> list[_Decided]:
    lane = request.lane
    filed = await entries.received(tx, lane.key, limit=request.size)
    codes = entry_decision.Codes(
        erp=await mappings.of_system(tx, lane.erp),
        psa=await mappings.of_system(tx, request.psa),
        entity=lane.entity,
        hours_decimals=hours_decimals,
    )
    terms = {
        item.project: (
            await contracts.get(tx, item.contract),
            await contracts.project(tx, item.project),
        )
        for item in {item.project: item for item in filed}.values()
    }
    return [
        _Decided(item, entry_decision.decide(item.entry, *terms[item.project], codes))
        for item in filed
    ]


async def _freeze(tx: Transaction, lane: Lane, decided: list[_Decided]) -> Cut:
    again = [item.filed.entry.key for item in decided if item.filed.was_decided]
    await slices.drop_held(tx, again)
    await slices.add(tx, [(item.filed.contract, item.decision.part) for item in decided])
    batch_id, sequence = await batches.following_id(tx, lane.key)
    costed = [item.decision.line for item in decided if item.decision.line is not None]
    lines = tuple(
        line.model_copy(update={"number": number}) for number, line in enumerate(costed, start=1)
    )
    numbers = {line.entry: line.number for line in lines}
    await entries.decide(tx, [_decision(item, batch_id, numbers) for item in decided])
    if lines:
        batch = HourBatch(id=batch_id, entity=lane.entity, lines=lines)
        await batches.freeze(tx, lane.key, sequence, batch)
        await _plan(tx, batch, lane)
    return Cut(
        batch=batch_id if lines else None,
        size=len(lines),
        held=len(decided) - len(lines),
        defects=_distinct(item.decision.defect for item in decided),
    )


async def _plan(tx: Transaction, batch: HourBatch, lane: Lane) -> None:
    digest = content_hash(batch)
    for kind in (Kind.JOURNAL_DRAFT, Kind.JOURNAL_LINES, Kind.JOURNAL_POST):
        intent = intents.Intent(
            key=f"batch/{batch.id}/{kind.value}",
            kind=kind,
            system=lane.erp,
            content_hash=digest,
        )
        await intents.plan(tx, intent)


def _decision(item: _Decided, batch: BatchId, numbers: dict[EntryKey, int]) -> Decision:
    key = item.filed.entry.key
    number = numbers.get(key)
    return Decision(
        key=key,
        progress=Progress.HELD if number is None else Progress.BATCHED,
        verdict=item.decision.verdict.model_dump_json(),
        batch=None if number is None else batch,
        line=number,
    )


def _distinct(defects: Iterable[Defect | None]) -> tuple[Defect, ...]:
    by_cause = {(d.error_class, d.field, d.text): d for d in defects if d is not None}
    return tuple(by_cause.values())[:_MOST_DEFECTS]
