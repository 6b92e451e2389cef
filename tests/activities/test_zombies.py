"""A paused attempt that wakes up after another one has finished changes nothing any more."""

from dataclasses import replace

import pytest
from temporalio.testing import ActivityEnvironment

from activities import effects
from activities.effects import Effect, Effects, Kind
from canonical.systems import ForeignId
from connectors import errors
from store import crosswalk
from store.database import Database, Transaction
from tests.activities import house
from tests.fakes import ERP, foreign

KEY = "invoice/CT-00001/1/1/draft"
OURS = "CT-00001/1/1"
FIRST = foreign(ERP, "1")
DOUBLE = foreign(ERP, "2")


def _effect(send: effects.Send) -> Effect:
    async def keep(tx: Transaction, answer: ForeignId) -> None:
        await crosswalk.link(tx, "invoice", OURS, answer)

    return Effect(
        kind=Kind.INVOICE_DRAFT,
        key=KEY,
        system=ERP,
        content=house.LANE,
        send=send,
        resolve=effects.send_again,
        keep=keep,
    )


async def _finish(database: Database) -> None:
    async def send() -> ForeignId:
        return FIRST

    await ActivityEnvironment().run(Effects(database).once, _effect(send))


@pytest.mark.parametrize(
    "fault",
    [
        errors.Uncertain("fake", "POST: ReadTimeout"),
        errors.Rejected("fake", "the invoice is posted"),
        errors.Transient("fake", "POST answered 429"),
    ],
    ids=lambda fault: type(fault).__name__,
)
async def test_its_failure_does_not_undo_a_confirmation(
    database: Database, fault: errors.ConnectorError
) -> None:
    async def send() -> ForeignId:
        await _finish(database)
        raise fault

    with pytest.raises(type(fault)):
        await ActivityEnvironment().run(Effects(database).once, _effect(send))

    assert await house.states(database) == {KEY: "confirmed"}
    await _finish(database)
    assert await house.linked(database, "invoice", OURS, FIRST) == FIRST


async def test_its_late_answer_does_not_replace_the_one_that_counts(database: Database) -> None:
    async def send() -> ForeignId:
        await _finish(database)
        return DOUBLE

    with pytest.raises(effects.DoubleFoundError):
        await ActivityEnvironment().run(Effects(database).once, _effect(send))

    assert await house.linked(database, "invoice", OURS, FIRST) == FIRST


async def test_it_does_not_send_what_is_confirmed_meanwhile(database: Database) -> None:
    sent: list[ForeignId] = []

    async def die() -> ForeignId:
        raise RuntimeError

    async def send() -> ForeignId:
        sent.append(DOUBLE)
        return DOUBLE

    async def paused_before_sending() -> ForeignId | None:
        await _finish(database)
        return None

    with pytest.raises(RuntimeError):
        await ActivityEnvironment().run(Effects(database).once, _effect(die))
    effect = replace(_effect(send), resolve=paused_before_sending)

    assert await ActivityEnvironment().run(Effects(database).once, effect) == FIRST
    assert sent == []
