"""Taking back what a write made: found out first where its answer was lost, then closed.

Only what a write of ours made is closed: what was adopted has no such write, so nothing here
ever touches it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from activities import effects
from activities.effects import Effect, Effects, Find, Keep, Kind, Send
from canonical.base import Record
from canonical.systems import ForeignId, SystemId
from connectors.ports import Delivery
from store import intents
from store.database import Database
from store.intents import Intent
from store.tables.effects import State

_NOTHING_INTENDED = ""  # the hash of a write that never came to be planned


@dataclass(frozen=True, kw_only=True)
class Made:
    """A write that may have made a record, and how that record is found if it did."""

    kind: Kind
    key: str
    system: SystemId
    find: Find
    settle: timedelta

    @property
    def intent(self) -> Intent:
        """Return the write as the store knows it."""
        return unplanned(self.kind, self.key, self.system)

    def opening(self, content: Record, delivery: Delivery, send: Send, keep: Keep) -> Effect:
        """Return the write itself, with the class that its system delivers it in."""
        found = effects.by_reference(self.find, settle=self.settle)
        return Effect(
            kind=self.kind,
            key=self.key,
            system=self.system,
            content=content,
            send=send,
            resolve=effects.as_delivered(delivery, found),
            keep=keep,
        )

    def closing(
        self, kind: Kind, theirs: ForeignId, close: Callable[[], Awaitable[None]]
    ) -> Effect:
        """Return the write that closes a record which this one made. Class A: closed is closed."""

        async def send() -> ForeignId:
            await close()
            return theirs

        return Effect(
            kind=kind,
            key=f"{self.key}/{kind.rpartition('.')[2]}/{theirs.value}",
            system=self.system,
            content=theirs,
            send=send,
            resolve=effects.send_again,
        )


def unplanned(kind: Kind, key: str, system: SystemId) -> Intent:
    """Return a write as the store knows it, whether or not it was ever planned."""
    return Intent(key=key, kind=kind, system=system, content_hash=_NOTHING_INTENDED)


class Undoing:
    """Undoes writes over the store that remembers them, each closing being a write itself."""

    def __init__(self, database: Database, performed: Effects) -> None:
        self._database = database
        self._effects = performed

    async def undo(self, made: Made, close: Callable[[ForeignId], Effect]) -> None:
        """Close every record that a write made; afterwards no attempt at it can make another.

        Raises:
            ConnectorError: a record could not be closed, or not be searched for.
        """
        async with self._database.transaction() as tx:
            progress = await intents.give_up(tx, made.intent)
        for record in await self._records(made, progress):
            await self._effects.once(close(record))
        await self.give_up(made.intent)

    async def give_up(self, intent: Intent) -> None:
        """Let no attempt at a write make a record any more; what it made is closed with another."""
        async with self._database.transaction() as tx:
            await intents.give_up(tx, intent)
            await intents.withdraw(tx, intent.key)

    async def _records(self, made: Made, progress: intents.Progress) -> tuple[ForeignId, ...]:
        if progress.answer is not None:
            return (progress.answer,)
        if progress.state in (State.SENT, State.UNCERTAIN):
            return await effects.settled(made.find, made.settle)
        return ()
