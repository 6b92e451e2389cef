"""Writes to other systems: what was intended, and how far it came."""

from dataclasses import dataclass

from canonical.base import RuleError
from canonical.systems import ForeignId, SystemId
from store import trail, turns
from store.database import Transaction
from store.tables.effects import IntentRow, State


class ContentChangedError(RuleError):
    """A key was used again for different content."""


class WithdrawnError(RuleError):
    """A write was given up: an attempt at it came too late."""


@dataclass(frozen=True, kw_only=True)
class Intent:
    """What is to be written: under which key, of which kind, where, and with what content."""

    key: str
    kind: str
    system: SystemId
    content_hash: str


@dataclass(frozen=True)
class Progress:
    """How far a write has come; `answer` is there once it is confirmed."""

    state: State
    answer: ForeignId | None


async def plan(tx: Transaction, intent: Intent) -> Progress:
    """Return how far the write has come, planning it if it is new.

    Content may change only while it is certain that nothing of it was applied.

    Raises:
        ContentChangedError: if the key already stands for other content.
        WithdrawnError: if the write was given up.
    """
    await turns.wait(tx, "intent", intent.key)
    row = await tx.get(IntentRow, intent.key, with_for_update=True)
    if row is None:
        row = IntentRow(
            key=intent.key,
            kind=intent.kind,
            system=intent.system,
            content_hash=intent.content_hash,
            state=State.PLANNED,
        )
        tx.add(row)
        trail.audit(tx, "write.planned", intent.key)
    if row.state is State.WITHDRAWN:
        raise WithdrawnError(intent.key)
    if row.content_hash != intent.content_hash:
        _replan(tx, row, intent)
    return _progress(row)


async def move(
    tx: Transaction,
    key: str,
    to: State,
    *,
    answer: ForeignId | None = None,
    reason: str | None = None,
) -> Progress:
    """Record one step of a planned write, and return how far it has come.

    A confirmed write stays so, whatever an attempt says that was paused meanwhile.

    Raises:
        WithdrawnError: the write was given up meanwhile.
    """
    row = await tx.get_one(IntentRow, key, with_for_update=True)
    if row.state is State.WITHDRAWN:
        raise WithdrawnError(key)
    if row.state is State.CONFIRMED:
        trail.audit(tx, "write.overtaken", key, detail=str(answer or to))
        return _progress(row)
    row.state, row.reason = to, reason
    row.answer = answer.model_dump_json() if answer else None
    trail.audit(tx, f"write.{to}", key)
    return _progress(row)


async def progress(tx: Transaction, key: str) -> Progress | None:
    """Return how far a write has come; None if it was never planned."""
    row = await tx.get(IntentRow, key)
    return _progress(row) if row else None


async def give_up(tx: Transaction, intent: Intent) -> Progress:
    """Withdraw a write of which nothing was sent, and return how far it had come.

    What was sent stays as it is: somebody has to find out first what came of it.
    """
    row = await tx.get(IntentRow, intent.key, with_for_update=True)
    if row is None:  # kept, so that an attempt which is paused now comes too late
        tx.add(
            IntentRow(
                key=intent.key,
                kind=intent.kind,
                system=intent.system,
                content_hash=intent.content_hash,
                state=State.WITHDRAWN,
            )
        )
        return Progress(State.WITHDRAWN, None)
    if row.state in (State.PLANNED, State.REJECTED):
        await withdraw(tx, intent.key)
    return _progress(row)


async def withdraw(tx: Transaction, key: str) -> None:
    """Record that a write is given up, whatever had come of it. Confirmed, it stays so."""
    row = await tx.get_one(IntentRow, key, with_for_update=True)
    if row.state not in (State.CONFIRMED, State.WITHDRAWN):
        row.state = State.WITHDRAWN
        trail.audit(tx, "write.withdrawn", key)


async def reason(tx: Transaction, key: str) -> str | None:
    """Return the other system's own words for the last refusal of a write."""
    row = await tx.get(IntentRow, key)
    return row.reason if row else None


def _replan(tx: Transaction, row: IntentRow, intent: Intent) -> None:
    if row.state not in (State.PLANNED, State.REJECTED):
        raise ContentChangedError(intent.key)
    row.content_hash, row.state, row.reason = intent.content_hash, State.PLANNED, None
    trail.audit(tx, "write.replanned", intent.key)


def _progress(row: IntentRow) -> Progress:
    answer = ForeignId.model_validate_json(row.answer) if row.answer else None
    return Progress(row.state, answer)
