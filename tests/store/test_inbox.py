import asyncio

import pytest
from sqlmodel import col, select

from canonical.notices import Notice, NoticeKind
from canonical.systems import SystemId
from store import inbox
from store.database import Database
from store.tables.traffic import InboxRow, Outcome
from tests.fakes import CRM, PSA, foreign
from tests.store.trails import actions, audited


def _notice(
    name: str = "04l1", kind: NoticeKind = "opportunity", *, system: SystemId = CRM
) -> Notice:
    return Notice(id=name, kind=kind, subject=foreign(system, "006A"))


async def _receive(
    database: Database, *notices: Notice, source: SystemId = CRM, generation: int | None = None
) -> list[bool]:
    async with database.transaction() as tx:
        return [
            await inbox.receive(tx, source, notice, generation=generation) for notice in notices
        ]


async def _waiting(database: Database, source: SystemId = CRM) -> list[str]:
    async with database.reading() as tx:
        return [delivery.notice.id for delivery in await inbox.waiting(tx, source)]


async def _rows(database: Database) -> list[InboxRow]:
    async with database.reading() as tx:
        return list((await tx.exec(select(InboxRow).order_by(col(InboxRow.id)))).all())


async def test_a_message_is_kept_as_it_came(database: Database) -> None:
    await _receive(database, _notice(), generation=2)

    async with database.reading() as tx:
        (delivery,) = await inbox.waiting(tx, CRM)
    assert delivery.notice == _notice()
    assert delivery.generation == 2
    (row,) = await audited(database, "crm-main/04l1")
    assert (row.action, row.actor) == ("message.received", "crm-main")


async def test_the_same_id_twice_is_one_message(database: Database) -> None:
    """I7: also after it was settled, or with other content, which leaves a trace."""
    assert await _receive(database, _notice(), _notice()) == [True, False]
    assert await _receive(database, _notice(kind="account")) == [False]

    async with database.transaction() as tx:
        (delivery,) = await inbox.waiting(tx, CRM)
        await inbox.settle(tx, delivery, Outcome.APPLIED)
    assert await _receive(database, _notice()) == [False]

    assert len(await _rows(database)) == 1
    assert await actions(database, "crm-main/04l1") == [
        "message.received",
        "message.conflicted",
        "message.applied",
    ]


async def test_the_same_id_from_another_system_is_another_message(database: Database) -> None:
    await _receive(database, _notice("1"))

    assert await _receive(database, _notice("1", system=PSA), source=PSA) == [True]


async def test_a_message_that_arrives_many_times_at_once_is_kept_once(database: Database) -> None:
    """I7: each delivery is told the truth, and none of them fails."""
    received = await asyncio.gather(*(_receive(database, _notice()) for _ in range(10)))

    assert sorted(received) == [[False]] * 9 + [[True]]
    assert len(await _rows(database)) == 1
    assert await actions(database, "crm-main/04l1") == ["message.received"]


async def test_a_poll_keeps_what_is_new_and_passes_over_what_it_brought_before(
    database: Database,
) -> None:
    """I7: a repeat with other content leaves a trace, as it does alone."""
    await _receive(database, _notice("1"), _notice("2"))
    changed = _notice("2", kind="account")

    async with database.transaction() as tx:
        new = await inbox.receive_all(
            tx, CRM, [_notice("1"), changed, _notice("3"), _notice("3"), _notice("4")]
        )

    assert new == 2
    assert [row.message for row in await _rows(database)] == ["1", "2", "3", "4"]
    assert await actions(database, "crm-main/1") == ["message.received"]
    assert await actions(database, "crm-main/2") == ["message.received", "message.conflicted"]
    assert await actions(database, "crm-main/3") == ["message.received"]


async def test_a_poll_takes_any_number_of_messages(database: Database) -> None:
    notices = [_notice(str(number)) for number in range(2500)]
    async with database.transaction() as tx:
        assert await inbox.receive_all(tx, CRM, notices[:1]) == 1

    async with database.transaction() as tx:
        assert await inbox.receive_all(tx, CRM, notices) == 2499
        assert await inbox.receive_all(tx, CRM, notices) == 0


async def test_messages_wait_in_the_order_they_came(database: Database) -> None:
    await _receive(database, _notice("b"), _notice("a"), _notice("c"))

    assert await _waiting(database) == ["b", "a", "c"]
    async with database.reading() as tx:
        assert len(await inbox.waiting(tx, CRM, limit=2)) == 2


async def test_a_system_waits_for_its_own_messages_only(database: Database) -> None:
    await _receive(database, _notice("1", "timesheet", system=PSA), source=PSA)

    assert await _waiting(database, CRM) == []
    assert await _waiting(database, PSA) == ["1"]


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("opportunity", ["1"]),
        ("billing_schedule", ["1"]),
        ("account", ["1"]),
        ("timesheet", []),
        ("milestone", []),
    ],
)
async def test_only_deals_and_accounts_are_told_to_processes(
    database: Database, kind: NoticeKind, told: list[str]
) -> None:
    await _receive(database, _notice("1", kind))

    async with database.reading() as tx:
        found = await inbox.waiting_for_process(tx)
    assert [delivery.notice.id for delivery in found] == told


async def test_processes_are_told_in_the_order_of_the_messages(database: Database) -> None:
    await _receive(database, _notice("b"), _notice("a", "account"), _notice("c"))

    async with database.reading() as tx:
        found = await inbox.waiting_for_process(tx, limit=2)
    assert [delivery.notice.id for delivery in found] == ["b", "a"]


@pytest.mark.parametrize(
    "outcome", [Outcome.APPLIED, Outcome.SUPERSEDED, Outcome.REJECTED, Outcome.VOIDED]
)
async def test_a_message_is_brought_to_one_outcome(database: Database, outcome: Outcome) -> None:
    """L-7."""
    await _receive(database, _notice())

    async with database.transaction() as tx:
        (delivery,) = await inbox.waiting(tx, CRM)
        await inbox.settle(tx, delivery, outcome, reason="said why")

    assert await _waiting(database) == []
    (row,) = await _rows(database)
    assert (row.outcome, row.reason) == (outcome, "said why")
    (_, settled) = await audited(database, "crm-main/04l1")
    assert (settled.action, settled.detail) == (f"message.{outcome.value}", "said why")


async def test_a_polled_system_is_read_from_its_start_until_a_cursor_is_kept(
    database: Database,
) -> None:
    async with database.transaction() as tx:
        assert await inbox.cursor(tx, PSA) == ""
        await inbox.move_cursor(tx, PSA, "41")
        await inbox.move_cursor(tx, PSA, "42")

    async with database.transaction() as tx:
        assert await inbox.cursor(tx, PSA) == "42"
        assert await inbox.cursor(tx, CRM) == ""
        await inbox.forget_cursors(tx)
        assert await inbox.cursor(tx, PSA) == ""
