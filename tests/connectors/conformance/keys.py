"""Keys: the same again is once, other content under the same key is refused, late is not twice."""

from datetime import timedelta

import pytest

from connectors import errors
from store.intents import ContentChangedError
from tests.connectors.conformance import choice
from tests.connectors.conformance.trial import WriteTrial

_LAG = timedelta(seconds=0.4)
_FOR_EVER = timedelta(hours=1)
_ALWAYS = 10**6


class Keys:
    """Cases about doing a thing once."""

    async def test_the_same_key_twice_is_one_record_with_one_id(self, write: WriteTrial) -> None:
        assert await write.once() == await write.once()
        assert await write.count() == 1

    async def test_the_same_key_with_other_content_is_refused_by_the_effect(
        self, write: WriteTrial
    ) -> None:
        await write.once()
        with pytest.raises(ContentChangedError):
            await write.once("something else")

        assert await write.count() == 1

    @choice.enforced
    async def test_a_key_that_the_vendor_enforces_is_refused_with_other_content(
        self, write: WriteTrial
    ) -> None:
        await write.once()
        assert write.subject.other
        async with write.fails(errors.Rejected):
            await write.subject.other(write.connector)

        assert await write.count() == 1

    @choice.batch
    async def test_a_batch_of_which_one_record_is_refused_is_refused_whole(
        self, partly: WriteTrial
    ) -> None:
        async with partly.fails(errors.Rejected) as caught:
            await partly.once()

        assert caught[0].error.reason
        assert await partly.count() == 0

    @choice.findable
    async def test_a_search_that_lags_behind_leads_to_one_record_after_the_declared_settle_time(
        self, write: WriteTrial
    ) -> None:
        write.settle = _LAG + timedelta(seconds=0.2)
        await _lost_behind_a_lag(write, _LAG)

        await write.once()

        assert await write.count() == 1

    @choice.doubled
    async def test_the_settle_time_is_what_keeps_a_lagging_search_from_a_double(
        self, write: WriteTrial
    ) -> None:
        await _lost_behind_a_lag(write, _FOR_EVER)

        await write.once()

        assert await write.count() == 2


async def _lost_behind_a_lag(write: WriteTrial, lag: timedelta) -> None:
    """Lose the answer of a write, and have the search show what was there before it."""
    write.system.door.order(
        write.subject.found_at, "lag", seconds=lag.total_seconds(), times=_ALWAYS
    )
    assert write.subject.find
    assert await write.subject.find(write.connector) == ()
    write.meets("drop", when="after")
    async with write.fails(errors.Uncertain):
        await write.once()
