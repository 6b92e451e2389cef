import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from store import trail
from store.database import Database
from tests.store.trails import audited


async def _publish(database: Database, event: str, subject: str, **data: str) -> None:
    async with database.transaction() as tx:
        await trail.publish(tx, event, subject, **data)


async def _subjects(database: Database, *, after: int = 0, limit: int = 1000) -> list[str]:
    async with database.reading() as tx:
        return [event.subject for event in await trail.events(tx, after=after, limit=limit)]


async def _cursor(database: Database) -> int:
    async with database.reading() as tx:
        return await trail.last_event(tx)


async def test_an_audit_row_says_who_did_what_to_which_thing_and_when(database: Database) -> None:
    """R-085."""
    async with database.transaction() as tx:
        trail.audit(tx, "invoice.approved", "CT-00001/1/1", detail="abc", actor="kim")

    (row,) = await audited(database, "CT-00001/1/1")
    assert (row.action, row.detail, row.actor) == ("invoice.approved", "abc", "kim")
    assert timedelta(0) <= datetime.now(UTC) - row.at < timedelta(minutes=1)


async def test_what_nobody_else_did_the_platform_did(database: Database) -> None:
    async with database.transaction() as tx:
        trail.audit(tx, "client.saved", "CL-00001")

    (row,) = await audited(database, "CL-00001")
    assert row.actor == "tiebeam"


async def test_an_event_of_a_subject_is_published_once(database: Database) -> None:
    """R-055."""
    for _ in range(3):
        await _publish(database, "project.activated", "PR-00001", contract="CT-00001")

    async with database.reading() as tx:
        (event,) = await trail.events(tx)
    assert (event.type, event.subject) == ("project.activated", "PR-00001")
    assert event.id == "project.activated/PR-00001"
    assert timedelta(0) <= datetime.now(UTC) - event.at < timedelta(minutes=1)
    assert event.data == {"contract": "CT-00001"}


async def test_one_transaction_publishes_an_event_once(database: Database) -> None:
    async with database.transaction() as tx:
        await trail.publish(tx, "project.activated", "PR-00001")
        await trail.publish(tx, "project.activated", "PR-00001")

    assert await _subjects(database) == ["PR-00001"]


async def test_an_event_that_two_publish_at_once_is_published_once(database: Database) -> None:
    async with database.transaction() as tx:
        await trail.publish(tx, "invoice.posted", "CT-00001/1/1")
        await tx.flush()
        other = asyncio.create_task(_publish(database, "invoice.posted", "CT-00001/1/1"))
        await asyncio.sleep(0.1)
    await other

    assert await _subjects(database) == ["CT-00001/1/1"]


async def test_other_events_and_other_subjects_are_published_too(database: Database) -> None:
    await _publish(database, "project.activated", "PR-00001")
    await _publish(database, "project.activated", "PR-00002")
    await _publish(database, "project.closed", "PR-00001")

    assert await _subjects(database) == ["PR-00001", "PR-00002", "PR-00001"]


async def test_a_consumer_reads_on_from_where_it_was(database: Database) -> None:
    for number in range(1, 6):
        await _publish(database, "time.posted", f"batch-{number}")

    assert await _subjects(database, limit=2) == ["batch-1", "batch-2"]
    async with database.reading() as tx:
        seen = (await trail.events(tx, limit=2))[-1].seq
    assert await _subjects(database, after=seen) == ["batch-3", "batch-4", "batch-5"]
    assert await _subjects(database, after=await _cursor(database)) == []


async def test_a_consumer_misses_nothing_when_transactions_overlap(database: Database) -> None:
    """R-042: what began first and ends last must not appear behind the consumer's back."""
    async with database.transaction() as tx:
        await trail.publish(tx, "time.posted", "began-first")
        await tx.flush()
        other = asyncio.create_task(_publish(database, "time.posted", "began-second"))
        await asyncio.sleep(0.1)
        seen = await _cursor(database)
    await other

    assert await _subjects(database, after=seen) == ["began-first", "began-second"]


async def test_an_event_of_a_change_that_failed_is_not_published(database: Database) -> None:
    async def change_and_fail() -> None:
        async with database.transaction() as tx:
            await trail.publish(tx, "project.activated", "PR-00001")
            await tx.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await change_and_fail()

    assert await _subjects(database) == []
