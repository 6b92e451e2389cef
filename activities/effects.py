"""One effect: how a write to another system happens once, whatever dies in between.

planned → sent → confirmed | rejected | uncertain. A step that finds `sent` or
`uncertain` resolves it first, in the way that the write's delivery class allows.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import NewType

from canonical.base import Record, RuleError
from canonical.systems import ForeignId, SystemId
from connectors import errors
from connectors.ports import Delivery
from store import crosswalk, intents
from store.database import Database, Transaction
from store.tables.effects import State
from telemetry import logs

Digest = NewType("Digest", str)  # of a record's content, see `content_hash`
Send = Callable[[], Awaitable[ForeignId]]
Resolve = Callable[[], Awaitable[ForeignId | None]]
Find = Callable[[], Awaitable[tuple[ForeignId, ...]]]
Keep = Callable[[Transaction, ForeignId], Awaitable[None]]

_UNANSWERED = (State.SENT, State.UNCERTAIN)
_AFTER: dict[type[errors.ConnectorError], State] = {  # anything else leaves it uncertain
    errors.Transient: State.PLANNED,
    errors.Unauthorized: State.PLANNED,
    errors.Rejected: State.REJECTED,
    errors.Missing: State.REJECTED,
}


class Kind(StrEnum):
    """Every kind of write there is; each is a boundary at which a worker can die."""

    CLIENT_ERP = "client.erp"
    CLIENT_PSA = "client.psa"
    CLIENT_CRM = "client.crm"
    CONTRACT_ERP = "contract.erp"
    CONTRACT_ERP_CLOSE = "contract.erp.close"
    PROJECT_PSA = "project.psa"
    PROJECT_PSA_ARCHIVE = "project.psa.archive"
    PROJECT_ERP = "project.erp"
    PROJECT_ERP_CLOSE = "project.erp.close"
    PROJECT_CRM = "project.crm"
    MILESTONE_PSA = "milestone.psa"
    JOURNAL_DRAFT = "journal.draft"
    JOURNAL_LINES = "journal.lines"
    JOURNAL_POST = "journal.post"
    INVOICE_DISCARD = "invoice.discard"
    INVOICE_DRAFT = "invoice.draft"
    INVOICE_LINES = "invoice.lines"
    INVOICE_POST = "invoice.post"
    INVOICE_CRM = "invoice.crm"
    INVOICE_PSA = "invoice.psa"


class Point(StrEnum):
    """Where within a write a worker can die."""

    PLANNED = "planned"  # the intent is recorded, nothing is sent
    SENT = "sent"  # about to send
    ANSWERED = "answered"  # applied by the other system, the answer is not recorded
    CONFIRMED = "confirmed"  # recorded, not yet reported to the workflow


Boundary = Callable[[Kind, Point], None]


class OutcomeUnknownError(RuleError):
    """A write may have been applied and only a person can find out."""


class DoubleFoundError(RuleError):
    """Two records carry the reference that one write made; a person decides which stays."""


@dataclass(frozen=True, kw_only=True)
class Effect:
    """A write, the business key it happens once under, and how to resolve a lost answer.

    `content` may be its digest, where several writes have the same. `keep` records what the
    answer means to us, in the transaction that confirms the write.
    """

    kind: Kind
    key: str
    system: SystemId
    content: Record | Digest
    send: Send
    resolve: Resolve
    keep: Keep | None = None
    settle: timedelta = timedelta(0)  # after which whatever was sent has landed


def linked(kind: crosswalk.Kind, ours: str, *, scope: str = "") -> Keep:
    """Keep the answer as what its system calls a thing of ours."""

    async def keep(tx: Transaction, theirs: ForeignId) -> None:
        await crosswalk.link(tx, kind, ours, theirs, scope=scope)

    return keep


async def send_again() -> ForeignId | None:
    """Class A: repeating changes nothing, so there is nothing to find out."""
    return None


def by_reference(
    find: Find,
    *,
    settle: timedelta,
    discard: Callable[[ForeignId], Awaitable[None]] | None = None,
) -> Resolve:
    """Class B: search, outwait the longest request and the read lag, search again.

    `discard` removes doubles where they are drafts that moved nothing.
    """

    async def resolve() -> ForeignId | None:
        found = await settled(find, settle)
        if len(found) > 1:
            await _without_doubles(found, discard)
        return found[0] if found else None

    return resolve


async def settled(find: Find, settle: timedelta) -> tuple[ForeignId, ...]:
    """Return what a search finds now or, if that is nothing, once whatever was sent has landed."""
    found = await find()
    if found:
        return found
    await asyncio.sleep(settle.total_seconds())
    return await find()


def as_delivered(delivery: Delivery, found: Resolve) -> Resolve:
    """Return what a declared class allows: send again, `found` out by search, or a person."""
    by_class = {
        Delivery.UNIQUE: send_again,
        Delivery.FINDABLE: found,
        Delivery.NEITHER: ask_a_person,
    }
    return by_class[delivery]


def if_there(
    is_there: Callable[[], Awaitable[bool]], answer: ForeignId, *, settle: timedelta
) -> Resolve:
    """Class B of a write into a record of our own: is it there, once all that was sent landed?"""

    async def find() -> tuple[ForeignId, ...]:
        return (answer,) if await is_there() else ()

    return by_reference(find, settle=settle)


async def ask_a_person() -> ForeignId | None:
    """Class C: raise `OutcomeUnknownError`, which parks the step."""
    raise OutcomeUnknownError


class Effects:
    """Performs effects over the store that remembers them. `at` is told of each boundary."""

    def __init__(self, database: Database, at: Boundary = lambda _kind, _point: None) -> None:
        self._database = database
        self._at = at

    async def once(self, effect: Effect) -> ForeignId:
        """Return what the other system made, now or at an earlier attempt.

        Raises:
            ContentChangedError: the key already stands for other content.
            OutcomeUnknownError: class C, and an earlier answer was lost.
            DoubleFoundError: class B, and two records carry the reference.
            ConnectorError: this attempt failed; the effect remembers how.
        """
        progress = await self._plan(effect)
        if progress.answer is not None:
            return progress.answer
        answer = None
        if progress.state in _UNANSWERED:
            answer = await effect.resolve()
            _log("effect.resolved", effect, found=answer is not None)
        answer = answer or await self._send(effect)
        self._at(effect.kind, Point.ANSWERED)
        await self._confirm(effect, answer)
        self._at(effect.kind, Point.CONFIRMED)
        _log("effect.confirmed", effect, answer=answer.value)
        return answer

    async def find_out(self, effect: Effect, find: Find) -> None:
        """Find out what came of a write that was given up, without sending it again.

        Raises:
            DoubleFoundError: two records carry the reference.
        """
        async with self._database.reading() as tx:
            progress = await intents.progress(tx, effect.key)
        if progress is None or progress.state not in _UNANSWERED:
            return
        found = await by_reference(find, settle=effect.settle)()
        if found is not None:
            await self._confirm(effect, found)
            return
        async with self._database.transaction() as tx:
            await intents.move(tx, effect.key, State.PLANNED)

    async def _plan(self, effect: Effect) -> intents.Progress:
        content = effect.content
        intent = intents.Intent(
            key=effect.key,
            kind=effect.kind,
            system=effect.system,
            content_hash=content_hash(content) if isinstance(content, Record) else content,
        )
        async with self._database.transaction() as tx:
            progress = await intents.plan(tx, intent)
        self._at(effect.kind, Point.PLANNED)
        return progress

    async def _send(self, effect: Effect) -> ForeignId:
        async with self._database.transaction() as tx:
            progress = await intents.move(tx, effect.key, State.SENT)
        if progress.answer is not None:  # this attempt was paused, and another one finished
            return progress.answer
        self._at(effect.kind, Point.SENT)
        try:
            return await effect.send()
        except errors.ConnectorError as exc:
            exc.add_note(effect.key)  # so that a case finds the vendor's own words
            state = _AFTER.get(type(exc), State.UNCERTAIN)
            async with self._database.transaction() as tx:
                await intents.move(tx, effect.key, state, reason=exc.reason or str(exc))
            _log("effect.failed", effect, error=type(exc).__name__, state=state.value)
            raise

    async def _confirm(self, effect: Effect, answer: ForeignId) -> None:
        async with self._database.transaction() as tx:
            confirmed = await intents.move(tx, effect.key, State.CONFIRMED, answer=answer)
            if effect.keep is not None and confirmed.answer == answer:
                await effect.keep(tx, answer)
        if confirmed.answer != answer:
            msg = f"{answer} and {confirmed.answer} are there for one write"
            raise DoubleFoundError(msg)


def content_hash(content: Record) -> Digest:
    """Return the SHA-256 of a record's canonical JSON, in hex."""
    return Digest(hashlib.sha256(content.model_dump_json().encode()).hexdigest())


def _log(event: str, effect: Effect, **facts: object) -> None:
    logs.logger().info(event, key=effect.key, system=effect.system, **facts)


async def _without_doubles(
    found: tuple[ForeignId, ...], discard: Callable[[ForeignId], Awaitable[None]] | None
) -> None:
    if discard is None:
        msg = f"{len(found)} records in {found[0].system} carry one reference"
        raise DoubleFoundError(msg)
    for double in found[1:]:
        await discard(double)
