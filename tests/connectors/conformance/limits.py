"""Too much, in every spelling: nothing was applied, and it is worth another try."""

from datetime import timedelta
from typing import Any

from connectors import errors
from tests.connectors.conformance.system import System
from tests.connectors.conformance.trial import ReadTrial, WriteTrial

_TOO_MANY = 429
_WAITS: tuple[tuple[dict[str, Any], timedelta | None], ...] = (
    ({"Retry_After": "7"}, timedelta(seconds=7)),
    ({}, None),
)


class Limits:
    """Cases about throttles."""

    async def test_a_throttle_of_a_read_is_transient_and_says_how_long_if_it_was_told(
        self, read: ReadTrial
    ) -> None:
        for headers, wait in _WAITS:
            read.gets("", status=_TOO_MANY, **headers)
            async with read.fails(errors.Transient) as caught:
                await read.call()
            assert caught[0].wait == wait

        await read.call()

    async def test_a_throttled_write_with_retry_after_was_not_applied_and_says_how_long(
        self, write: WriteTrial
    ) -> None:
        write.gets("", status=_TOO_MANY, Retry_After="7")
        async with write.fails(errors.Transient) as caught:
            await write.once()
        assert caught[0].wait == timedelta(seconds=7)
        assert await write.count() == 0

        assert await write.settled() == 1

    async def test_a_throttled_write_without_retry_after_was_not_applied(
        self, write: WriteTrial
    ) -> None:
        write.gets("", status=_TOO_MANY)
        async with write.fails(errors.Transient) as caught:
            await write.once()
        assert caught[0].wait is None
        assert await write.count() == 0

        assert await write.settled() == 1

    async def test_an_absurd_retry_after_is_an_hour_at_most(self, read: ReadTrial) -> None:
        for said in ("999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"):
            read.gets("", status=_TOO_MANY, Retry_After=said)
            async with read.fails(errors.Transient) as caught:
                await read.call()
            assert caught[0].wait == timedelta(hours=1)

    async def test_the_vendor_s_own_throttles_are_transient(
        self, system: System, write: WriteTrial
    ) -> None:
        for throttle in system.throttles().values():
            before = system.door.settings()
            system.door.set(**throttle.settings)
            if throttle.spend:
                await throttle.spend()
            if throttle.fault:
                write.meets(**throttle.fault)
            async with write.fails(errors.Transient) as caught:
                await write.once()
            system.door.set(**before)
            assert caught[0].wait == throttle.wait

        assert await write.count() == 0
        assert await write.settled() == 1
