from datetime import UTC, date, datetime, timedelta

from store import clock
from store.database import Database


async def test_the_business_date_is_the_real_one_until_somebody_sets_it(
    database: Database,
) -> None:
    before = datetime.now(UTC).date()

    async with database.reading() as tx:
        today = await clock.today(tx)

    assert before <= today <= datetime.now(UTC).date()


async def test_the_business_date_moves_back_and_forth(database: Database) -> None:
    for day in (date(2026, 7, 31), date(2026, 6, 30)):
        async with database.transaction() as tx:
            await clock.set_today(tx, day)
        async with database.reading() as tx:
            assert await clock.today(tx) == day


def test_the_moment_is_aware_and_real() -> None:
    moment = clock.now()

    assert moment.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - moment) < timedelta(minutes=1)
