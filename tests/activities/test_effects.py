"""One write, once: in every state that an earlier attempt can have left, for every class."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from temporalio.testing import ActivityEnvironment

from activities import effects
from activities.effects import Effect, Effects, Kind, Point, content_hash
from canonical.base import Record
from canonical.systems import ForeignId
from connectors import errors
from store import crosswalk, intents
from store.database import Database, Transaction
from store.intents import ContentChangedError, Intent
from store.tables.effects import State
from tests.activities import house
from tests.fakes import ERP, foreign

KEY = "invoice/CT-00001/1/1/draft"
MADE = foreign(ERP, "1")
BEFORE = foreign(ERP, "made before")
DOUBLE = foreign(ERP, "its double")
LOST = errors.Uncertain("fake", "POST /invoices: ReadError")


class _Content(Record):
    text: str = "as planned"


@dataclass
class _Write:
    """A write in class A, B or C that plays its outcomes in turn and counts."""

    outcomes: Sequence[ForeignId | Exception] = (MADE,)
    there: Sequence[ForeignId] = ()
    sent: int = 0
    searched: int = 0
    discarded: list[ForeignId] = field(default_factory=list)

    async def send(self) -> ForeignId:
        outcome = self.outcomes[self.sent]
        self.sent += 1
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def find(self) -> tuple[ForeignId, ...]:
        self.searched += 1
        return tuple(self.there)

    async def discard(self, double: ForeignId) -> None:
        self.discarded.append(double)

    def resolve(self, delivery_class: str, *, drafts: bool = False) -> effects.Resolve:
        if delivery_class == "B":
            discard = self.discard if drafts else None
            return effects.by_reference(self.find, settle=house.AT_ONCE, discard=discard)
        return effects.send_again if delivery_class == "A" else effects.ask_a_person


def _effect(
    write: _Write,
    resolve: effects.Resolve = effects.send_again,
    *,
    text: str = "as planned",
    keep: effects.Keep | None = None,
) -> Effect:
    return Effect(
        kind=Kind.INVOICE_DRAFT,
        key=KEY,
        system=ERP,
        content=_Content(text=text),
        send=write.send,
        resolve=resolve,
        keep=keep,
    )


async def _once(database: Database, effect: Effect) -> ForeignId:
    return await ActivityEnvironment().run(Effects(database).once, effect)


async def _left(database: Database, state: State) -> None:
    """Leave the write as an attempt that died, or failed, would leave it."""
    content = content_hash(_Content())
    intent = Intent(key=KEY, kind=Kind.INVOICE_DRAFT, system=ERP, content_hash=content)
    async with database.transaction() as tx:
        await intents.plan(tx, intent)
        if state is not State.PLANNED:
            answer = BEFORE if state is State.CONFIRMED else None
            await intents.move(tx, KEY, state, answer=answer)


@pytest.mark.parametrize("delivery_class", ["A", "B", "C"])
@pytest.mark.parametrize("state", [State.PLANNED, State.REJECTED])
async def test_what_surely_was_not_applied_is_sent_without_a_search(
    database: Database, state: State, delivery_class: str
) -> None:
    await _left(database, state)
    write = _Write(there=[BEFORE])

    assert await _once(database, _effect(write, write.resolve(delivery_class))) == MADE
    assert (write.sent, write.searched) == (1, 0)
    assert await house.states(database) == {KEY: "confirmed"}


@pytest.mark.parametrize("delivery_class", ["A", "B", "C"])
async def test_a_confirmed_write_is_neither_sent_nor_searched_again(
    database: Database, delivery_class: str
) -> None:
    await _left(database, State.CONFIRMED)
    write = _Write()

    assert await _once(database, _effect(write, write.resolve(delivery_class))) == BEFORE
    assert (write.sent, write.searched) == (0, 0)


@pytest.mark.parametrize("state", [State.SENT, State.UNCERTAIN])
async def test_class_a_sends_an_unanswered_write_again(database: Database, state: State) -> None:
    await _left(database, state)
    write = _Write()

    assert await _once(database, _effect(write, write.resolve("A"))) == MADE
    assert write.sent == 1


@pytest.mark.parametrize("state", [State.SENT, State.UNCERTAIN])
async def test_class_b_adopts_what_it_finds(database: Database, state: State) -> None:
    await _left(database, state)
    write = _Write(there=[BEFORE])

    assert await _once(database, _effect(write, write.resolve("B"))) == BEFORE
    assert (write.sent, write.searched) == (0, 1)
    assert await house.states(database) == {KEY: "confirmed"}


@pytest.mark.parametrize("state", [State.SENT, State.UNCERTAIN])
async def test_class_b_sends_again_only_after_a_second_search(
    database: Database, state: State
) -> None:
    await _left(database, state)
    write = _Write()

    assert await _once(database, _effect(write, write.resolve("B"))) == MADE
    assert (write.sent, write.searched) == (1, 2)


async def test_class_b_finds_what_comes_to_light_while_it_waits(database: Database) -> None:
    await _left(database, State.UNCERTAIN)
    write = _Write()

    async def late() -> tuple[ForeignId, ...]:
        found = await write.find()
        write.there = [BEFORE]  # readable from now on
        return found

    resolve = effects.by_reference(late, settle=house.AT_ONCE)
    assert await _once(database, _effect(write, resolve)) == BEFORE
    assert write.sent == 0


@pytest.mark.parametrize("state", [State.SENT, State.UNCERTAIN])
async def test_class_c_asks_a_person_and_sends_nothing(database: Database, state: State) -> None:
    await _left(database, state)
    write = _Write()

    with pytest.raises(effects.OutcomeUnknownError):
        await _once(database, _effect(write, write.resolve("C")))
    assert write.sent == 0
    assert await house.states(database) == {KEY: state.value}


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (errors.Transient("fake", "POST answered 429"), "planned"),
        (errors.Unauthorized("fake", "POST answered 401"), "planned"),
        (errors.Rejected("fake", "POST answered 400"), "rejected"),
        (errors.Missing("fake", "POST answered 404"), "rejected"),
        (LOST, "uncertain"),
        (errors.Drifted("fake", "Bill: number does not fit"), "uncertain"),
        (RuntimeError("a bug, after who knows what"), "sent"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
async def test_a_failure_leaves_the_state_it_proves(
    database: Database, fault: Exception, state: str
) -> None:
    with pytest.raises(type(fault)):
        await _once(database, _effect(_Write([fault])))

    assert await house.states(database) == {KEY: state}
    assert (await house.trail(database, KEY))[:2] == ["write.planned", "write.sent"]


async def test_a_refused_write_may_change_and_be_sent_again(database: Database) -> None:
    with pytest.raises(errors.Rejected):
        await _once(database, _effect(_Write([errors.Rejected("fake", "no")])))
    repaired = _Write()

    assert await _once(database, _effect(repaired, text="repaired")) == MADE
    assert "write.replanned" in await house.trail(database, KEY)


@pytest.mark.parametrize("state", [State.SENT, State.UNCERTAIN, State.CONFIRMED])
async def test_one_key_never_stands_for_two_contents(database: Database, state: State) -> None:
    await _left(database, state)
    write = _Write(there=[BEFORE])

    with pytest.raises(ContentChangedError, match=KEY):
        await _once(database, _effect(write, write.resolve("B"), text="changed"))
    assert (write.sent, write.searched) == (0, 0)
    assert await house.states(database) == {KEY: state.value}


async def test_doubles_of_a_draft_are_discarded(database: Database) -> None:
    await _left(database, State.SENT)
    write = _Write(there=[BEFORE, DOUBLE])

    assert await _once(database, _effect(write, write.resolve("B", drafts=True))) == BEFORE
    assert write.discarded == [DOUBLE]


async def test_doubles_of_anything_else_are_for_a_person(database: Database) -> None:
    await _left(database, State.SENT)
    write = _Write(there=[BEFORE, DOUBLE])

    with pytest.raises(effects.DoubleFoundError, match="2 records in erp-main"):
        await _once(database, _effect(write, write.resolve("B")))
    assert (write.sent, write.discarded) == (0, [])
    assert await house.states(database) == {KEY: "sent"}


async def test_keeps_what_the_answer_means_with_the_confirmation(database: Database) -> None:
    async def keep(tx: Transaction, answer: ForeignId) -> None:
        await crosswalk.link(tx, "invoice", "CT-00001/1/1", answer)

    await _once(database, _effect(_Write(), keep=keep))

    assert await house.linked(database, "invoice", "CT-00001/1/1", MADE) == MADE


async def test_confirms_nothing_that_it_could_not_keep(database: Database) -> None:
    async def keep(tx: Transaction, answer: ForeignId) -> None:
        await crosswalk.link(tx, "invoice", "CT-00001/1/1", answer)
        message = "the disk is full"
        raise OSError(message)

    with pytest.raises(OSError, match="full"):
        await _once(database, _effect(_Write(), keep=keep))
    assert await house.states(database) == {KEY: "sent"}
    assert await house.linked(database, "invoice", "CT-00001/1/1", MADE) is None

    again = _Write(there=[MADE])
    assert await _once(database, _effect(again, again.resolve("B"))) == MADE
    assert again.sent == 0


@pytest.mark.parametrize(
    ("state", "seen"),
    [
        (State.PLANNED, [Point.PLANNED, Point.SENT, Point.ANSWERED, Point.CONFIRMED]),
        (State.UNCERTAIN, [Point.PLANNED, Point.ANSWERED, Point.CONFIRMED]),
        (State.CONFIRMED, [Point.PLANNED]),
    ],
)
async def test_tells_of_every_boundary_in_order(
    database: Database, state: State, seen: list[Point]
) -> None:
    await _left(database, state)
    write = _Write(there=[BEFORE])
    told: list[tuple[Kind, Point]] = []
    performed = Effects(database, lambda kind, point: told.append((kind, point)))

    await ActivityEnvironment().run(performed.once, _effect(write, write.resolve("B")))

    assert told == [(Kind.INVOICE_DRAFT, point) for point in seen]
