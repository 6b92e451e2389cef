from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import StatementError

from store.columns import Choice, Exact, NotExactError, Utc
from store.database import Database

_SCALES = (0, 2, 3, 4)
_LARGEST = 2**63 - 1
_FIRST, _LAST = datetime(1900, 1, 2), datetime(9000, 1, 1)  # noqa: DTZ001 - the zone is drawn
_MOMENTS = st.datetimes(_FIRST, _LAST, timezones=st.timezones())


class _Color(StrEnum):
    RED = "red"
    BLUE = "blue"


_SAMPLE = sa.Table(
    "sample",
    sa.MetaData(),
    sa.Column("row", sa.Integer, primary_key=True),
    *(sa.Column(f"exact_{scale}", Exact(scale)) for scale in _SCALES),
    sa.Column("moment", Utc),
    sa.Column("color", Choice(_Color)),
)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def samples(migrated: Database) -> AsyncIterator[Database]:
    async with migrated.engine.begin() as connection:
        await connection.run_sync(_SAMPLE.create)
    yield migrated
    async with migrated.engine.begin() as connection:
        await connection.run_sync(_SAMPLE.drop)


async def _kept(database: Database, column: str, values: list[Any]) -> list[Any]:
    """Return what a column gives back of values, in their order."""
    async with database.engine.connect() as connection:
        rows = [{"row": row, column: value} for row, value in enumerate(values)]
        await connection.execute(_SAMPLE.insert(), rows)
        query = sa.select(_SAMPLE.c[column]).order_by(_SAMPLE.c.row)
        found = list((await connection.scalars(query)).all())
        await connection.rollback()
        return found


async def _refused(database: Database, column: str, value: object) -> str:
    with pytest.raises(StatementError) as caught:
        await _kept(database, column, [value])
    assert isinstance(caught.value.orig, NotExactError)
    return str(caught.value.orig)


def _numbers(scale: int) -> st.SearchStrategy[Decimal]:
    whole = st.integers(-_LARGEST, _LARGEST)
    return whole.map(lambda number: Decimal(number).scaleb(-scale))


@pytest.mark.parametrize("scale", _SCALES)
@settings(deadline=None, max_examples=25)
@given(data=st.data())
async def test_a_number_comes_back_as_it_was(
    samples: Database, scale: int, data: st.DataObject
) -> None:
    """R-014: 0, 2, 3 and 4 decimals, negative ones too."""
    numbers = data.draw(st.lists(_numbers(scale), min_size=1, max_size=50))

    assert await _kept(samples, f"exact_{scale}", numbers) == numbers


@pytest.mark.parametrize("scale", _SCALES)
async def test_the_largest_numbers_come_back_as_they_were(samples: Database, scale: int) -> None:
    extremes = [Decimal(sign * _LARGEST).scaleb(-scale) for sign in (1, -1)]

    assert await _kept(samples, f"exact_{scale}", extremes) == extremes


async def test_a_number_is_a_decimal_however_it_was_spelled(samples: Database) -> None:
    spelled = [Decimal("1E+2"), Decimal("100.0000"), Decimal("-0")]

    found = await _kept(samples, "exact_4", spelled)

    assert [str(number) for number in found] == ["100.0000", "100.0000", "0.0000"]


@pytest.mark.parametrize(
    ("scale", "number"),
    [
        (0, "0.1"),
        (2, "0.001"),
        (4, "-0.00001"),
        (4, "1.00000000000000000000000000001"),
        (2, "123456789012.00000000000000000001"),
    ],
)
async def test_a_number_that_is_too_fine_is_refused(
    samples: Database, scale: int, number: str
) -> None:
    said = await _refused(samples, f"exact_{scale}", Decimal(number))

    assert said == f"{number} has more than {scale} decimals"


@pytest.mark.parametrize("scale", _SCALES)
async def test_a_number_that_is_too_large_is_refused(samples: Database, scale: int) -> None:
    number = Decimal(_LARGEST + 1).scaleb(-scale)

    assert await _refused(samples, f"exact_{scale}", number) == f"{number} is too large to keep"
    assert await _refused(samples, f"exact_{scale}", -number) == f"{-number} is too large to keep"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
async def test_what_is_no_number_is_refused(samples: Database, number: str) -> None:
    assert number in await _refused(samples, "exact_4", Decimal(number))


async def test_numbers_compare_and_add_up_in_the_database(samples: Database) -> None:
    amounts = [Decimal("0.1"), Decimal("0.2"), Decimal("-10.05")]
    column = _SAMPLE.c.exact_4

    async with samples.engine.connect() as connection:
        rows = [{"row": row, "exact_4": amount} for row, amount in enumerate(amounts)]
        await connection.execute(_SAMPLE.insert(), rows)
        total = await connection.scalar(sa.select(sa.func.sum(column, type_=column.type)))
        ordered = await connection.scalars(sa.select(column).order_by(column))
        below = sa.select(column).where(column < Decimal("0.15")).order_by(column)

        assert total == Decimal("-9.75")
        assert list(ordered) == [Decimal("-10.05"), Decimal("0.1"), Decimal("0.2")]
        assert list(await connection.scalars(below)) == [Decimal("-10.05"), Decimal("0.1")]
        await connection.rollback()


@settings(deadline=None, max_examples=25)
@given(moments=st.lists(_MOMENTS, min_size=1, max_size=20))
async def test_a_moment_comes_back_aware_in_utc(samples: Database, moments: list[datetime]) -> None:
    found = await _kept(samples, "moment", moments)

    assert found == [moment.astimezone(UTC) for moment in moments]
    assert {moment.utcoffset() for moment in found} == {timedelta(0)}


async def test_moments_sort_as_time_does(samples: Database) -> None:
    noon = datetime(2026, 6, 30, 12, tzinfo=UTC)
    east = timezone(timedelta(hours=9))
    moments = [noon, noon + timedelta(microseconds=1), (noon - timedelta(hours=1)).astimezone(east)]

    async with samples.engine.connect() as connection:
        rows = [{"row": row, "moment": moment} for row, moment in enumerate(moments)]
        await connection.execute(_SAMPLE.insert(), rows)
        query = sa.select(_SAMPLE.c.row).order_by(_SAMPLE.c.moment)

        assert list(await connection.scalars(query)) == [2, 0, 1]
        await connection.rollback()


async def test_a_moment_without_a_zone_is_refused(samples: Database) -> None:
    naive = datetime(2026, 6, 30, 12)  # noqa: DTZ001 - that is the case

    assert await _refused(samples, "moment", naive) == "2026-06-30 12:00:00 has no time zone"


async def test_a_choice_comes_back_as_itself(samples: Database) -> None:
    found = await _kept(samples, "color", list(_Color))

    assert found == list(_Color)
    assert all(isinstance(color, _Color) for color in found)


async def test_what_is_not_among_the_choices_is_refused(samples: Database) -> None:
    with pytest.raises(StatementError, match="green"):
        await _kept(samples, "color", ["green"])


@pytest.mark.parametrize("column", ["exact_4", "moment", "color"])
async def test_nothing_comes_back_as_nothing(samples: Database, column: str) -> None:
    assert await _kept(samples, column, [None]) == [None]
