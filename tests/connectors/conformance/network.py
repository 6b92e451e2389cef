"""The network: what was never sent, what was sent and lost, and what came late."""

from datetime import timedelta

from connectors import errors
from tests.connectors.conformance import choice
from tests.connectors.conformance.system import System
from tests.connectors.conformance.trial import ReadTrial, WriteTrial
from tests.world.processes import free_port

_LATER = timedelta(seconds=0.5)  # than the caller waits
_LANDS = timedelta(seconds=1)  # on a machine that has other things to do
_FOR_EVER_SECONDS = 5


class Network:
    """Cases about connections and time."""

    async def test_a_read_at_a_refused_connection_is_transient(
        self, system: System, read: ReadTrial
    ) -> None:
        async with system.opened(url=_nowhere()) as connector, read.fails(errors.Transient):
            await read.subject.call(connector)

    async def test_a_write_at_a_refused_connection_is_transient_and_not_applied(
        self, system: System, write: WriteTrial
    ) -> None:
        async with system.opened(url=_nowhere()) as connector, write.fails(errors.Transient):
            await write.subject.send(connector)
        assert await write.count() == 0

        assert await write.settled() == 1

    async def test_a_read_whose_answer_is_lost_or_cut_off_is_transient(
        self, read: ReadTrial
    ) -> None:
        for trouble in ({"do": "drop"}, {"do": "truncate", "cut": 20}):
            read.meets(when="after", **trouble)
            async with read.fails(errors.Transient):
                await read.call()

        await read.call()

    async def test_a_write_whose_answer_is_lost_is_uncertain_and_ends_as_one(
        self, write: WriteTrial
    ) -> None:
        write.meets("drop", when="after")
        async with write.fails(errors.Uncertain):
            await write.once()
        assert await write.count() == 1

        assert await write.settled() == 1

    async def test_a_write_whose_request_is_lost_is_uncertain_and_ends_as_one(
        self, write: WriteTrial
    ) -> None:
        write.meets("drop", when="before")
        async with write.fails(errors.Uncertain):
            await write.once()
        assert await write.count() == 0

        assert await write.settled() == 1

    async def test_a_write_whose_answer_is_cut_off_is_uncertain_and_ends_as_one(
        self, write: WriteTrial
    ) -> None:
        write.meets("truncate", when="after", cut=20)
        async with write.fails(errors.Uncertain):
            await write.once()

        assert await write.settled() == 1

    @choice.slow
    async def test_a_write_that_is_applied_and_answers_too_late_is_uncertain_and_ends_as_one(
        self, system: System, write: WriteTrial
    ) -> None:
        await _gives_up(system, write, when="after", seconds=_FOR_EVER_SECONDS)

        assert await write.settled() == 1

    @choice.slow
    async def test_a_write_that_is_applied_too_late_is_uncertain_and_ends_as_one(
        self, system: System, write: WriteTrial
    ) -> None:
        late = system.hasty + _LATER
        write.settle = late + _LANDS  # what is on its way lands within it
        await _gives_up(system, write, when="before", seconds=late.total_seconds())
        assert await write.count() == 0

        assert await write.settled() == 1

    @choice.slow
    async def test_a_read_that_answers_too_late_is_transient(
        self, system: System, read: ReadTrial
    ) -> None:
        async with system.opened(patience=system.hasty) as hasty:
            await read.subject.call(hasty)  # so that it has a session, and knows the firm
            read.meets("hold", when="after", seconds=_FOR_EVER_SECONDS)
            async with read.fails(errors.Transient):
                await read.subject.call(hasty)


async def _gives_up(system: System, write: WriteTrial, *, when: str, seconds: float) -> None:
    patient = write.connector
    async with system.opened(patience=system.hasty) as write.connector:
        before = await system.write(write.operation, patient)
        await before.send(write.connector)  # so that it has a session, and knows the firm
        write.meets("hold", when=when, seconds=seconds)
        async with write.fails(errors.Uncertain):
            await write.once()
    write.connector = patient


def _nowhere() -> str:
    return f"http://127.0.0.1:{free_port()}"
