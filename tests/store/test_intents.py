import pytest
from sqlalchemy.exc import NoResultFound

from canonical.systems import ForeignId
from store import intents
from store.database import Database
from store.intents import ContentChangedError, Intent, Progress
from store.tables.effects import State
from tests.fakes import ERP, foreign
from tests.store.trails import actions, audited

_KEY = "invoice/CT-00001/1/1/draft"
_DOCUMENT = foreign(ERP, "usmf/1")


def _intent(content_hash: str = "one", key: str = _KEY) -> Intent:
    return Intent(key=key, kind="invoice_draft", system=ERP, content_hash=content_hash)


async def _plan(database: Database, content_hash: str = "one", key: str = _KEY) -> Progress:
    async with database.transaction() as tx:
        return await intents.plan(tx, _intent(content_hash, key))


async def _move(
    database: Database, to: State, *, answer: ForeignId | None = None, reason: str | None = None
) -> Progress:
    async with database.transaction() as tx:
        return await intents.move(tx, _KEY, to, answer=answer, reason=reason)


async def _reason(database: Database) -> str | None:
    async with database.reading() as tx:
        return await intents.reason(tx, _KEY)


async def test_a_new_write_is_planned(database: Database) -> None:
    assert await _plan(database) == Progress(State.PLANNED, None)
    assert await actions(database, _KEY) == ["write.planned"]


async def test_a_write_is_planned_once(database: Database) -> None:
    await _plan(database)

    assert await _plan(database) == Progress(State.PLANNED, None)
    assert await actions(database, _KEY) == ["write.planned"]


async def test_a_confirmed_write_keeps_its_answer(database: Database) -> None:
    await _plan(database)
    assert await _move(database, State.SENT) == Progress(State.SENT, None)
    confirmed = Progress(State.CONFIRMED, _DOCUMENT)
    assert await _move(database, State.CONFIRMED, answer=_DOCUMENT) == confirmed

    assert await _plan(database) == Progress(State.CONFIRMED, _DOCUMENT)
    assert await actions(database, _KEY) == ["write.planned", "write.sent", "write.confirmed"]


@pytest.mark.parametrize("late", [State.SENT, State.REJECTED, State.UNCERTAIN, State.CONFIRMED])
async def test_a_confirmed_write_stays_so_whatever_a_late_attempt_says(
    database: Database, late: State
) -> None:
    """R-099."""
    await _plan(database)
    await _move(database, State.CONFIRMED, answer=_DOCUMENT)

    told = await _move(database, late, answer=foreign(ERP, "usmf/2"), reason="late")

    assert told == await _plan(database) == Progress(State.CONFIRMED, _DOCUMENT)
    assert await _reason(database) is None
    overtaken = (await audited(database, _KEY))[-1]
    assert (overtaken.action, overtaken.detail) == ("write.overtaken", "erp-main:usmf/2")


async def test_a_write_that_was_sent_is_found_so(database: Database) -> None:
    await _plan(database)
    await _move(database, State.SENT)

    assert await _plan(database) == Progress(State.SENT, None)


async def test_a_refused_write_keeps_the_other_systems_words(database: Database) -> None:
    await _plan(database)
    assert await _reason(database) is None

    await _move(database, State.REJECTED, reason="Customer is on hold")

    assert await _plan(database) == Progress(State.REJECTED, None)
    assert await _reason(database) == "Customer is on hold"


async def test_a_write_that_was_never_planned_has_no_reason(database: Database) -> None:
    assert await _reason(database) is None


@pytest.mark.parametrize("state", [State.PLANNED, State.REJECTED])
async def test_content_may_change_while_nothing_was_applied(
    database: Database, state: State
) -> None:
    await _plan(database)
    await _move(database, state, reason="said why")

    assert await _plan(database, "two") == Progress(State.PLANNED, None)
    assert await _reason(database) is None
    assert (await actions(database, _KEY))[-1] == "write.replanned"
    assert await _plan(database, "two") == Progress(State.PLANNED, None)


@pytest.mark.parametrize("state", [State.SENT, State.UNCERTAIN, State.CONFIRMED])
async def test_one_key_never_stands_for_two_contents(database: Database, state: State) -> None:
    """R-074: it may have been applied, so other content is an error, loudly."""
    await _plan(database)
    answer = _DOCUMENT if state is State.CONFIRMED else None
    await _move(database, state, answer=answer)

    with pytest.raises(ContentChangedError, match=_KEY):
        await _plan(database, "two")

    assert await _plan(database, "one") == Progress(state, answer)


async def test_each_key_is_a_write_of_its_own(database: Database) -> None:
    await _plan(database)
    await _move(database, State.SENT)

    assert await _plan(database, "two", key="other") == Progress(State.PLANNED, None)


async def test_only_a_planned_write_moves(database: Database) -> None:
    with pytest.raises(NoResultFound):
        await _move(database, State.SENT)


async def test_a_step_that_fails_leaves_neither_state_nor_trail(database: Database) -> None:
    await _plan(database)

    async def move_and_fail() -> None:
        async with database.transaction() as tx:
            await intents.move(tx, _KEY, State.SENT)
            await tx.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await move_and_fail()

    assert await _plan(database) == Progress(State.PLANNED, None)
    assert await actions(database, _KEY) == ["write.planned"]
