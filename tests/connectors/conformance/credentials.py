"""Who we are: refused, expired, taken away."""

from connectors import errors
from tests.connectors.conformance.system import Connector, System
from tests.connectors.conformance.trial import ReadTrial, WriteTrial, is_hidden

_HTTP_UNAUTHORIZED = 401


class Credentials:
    """Cases about credentials and sessions."""

    async def test_refused_credentials_are_unauthorized(
        self, system: System, read: ReadTrial
    ) -> None:
        async with system.opened(system.refused_credential()) as stranger:
            read.connector = stranger
            for _ in range(2):
                async with read.fails(errors.Unauthorized):
                    await read.call()

    async def test_a_session_that_is_refused_again_and_again_is_unauthorized(
        self, system: System, write: WriteTrial
    ) -> None:
        write.gets("", status=_HTTP_UNAUTHORIZED, times=99)
        async with system.opened() as connector, write.fails(errors.Unauthorized):
            await write.subject.send(connector)

        assert await write.count() == 0

    async def test_a_session_that_ended_is_renewed_once_and_the_read_goes_on(
        self, system: System, read: ReadTrial
    ) -> None:
        before = await read.call()
        await system.end_sessions()

        assert await read.call() == before

    async def test_a_session_that_ends_before_a_write_does_not_double_it(
        self, system: System, write: WriteTrial
    ) -> None:
        await system.end_sessions()

        assert await write.settled() == 1

    async def test_a_session_that_ends_between_two_requests_of_a_write_does_not_double_it(
        self, write: WriteTrial
    ) -> None:
        write.gets("", status=_HTTP_UNAUTHORIZED)
        await write.once()

        assert write.was_struck
        assert await write.count() == 1

    async def test_neither_the_connector_nor_its_parts_show_a_credential(
        self, system: System, connector: Connector
    ) -> None:
        is_hidden(system, repr(connector), str(connector), repr(vars(connector)))
