import pytest

from connectors import errors
from tests.connectors.kantata.records import kantata, psa_id
from tests.connectors.kantata.server import Server


def _submission(server: Server, status: str, *entries: str) -> str:
    return server.put("timesheet_submissions", status=status, time_entry_ids=list(entries))


@pytest.mark.parametrize("status", ["rejected", "cancelled"])
async def test_the_entries_of_a_timesheet_that_was_taken_back_are_withdrawn(status: str) -> None:
    server = Server()
    first, second = (server.put("time_entries", approved=False) for _ in range(2))
    sheet = _submission(server, status, first, second)

    async with kantata(server) as psa:
        assert await psa.withdrawn_time(psa_id(sheet)) == (psa_id(first), psa_id(second))
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", ["pending", "approved"])
async def test_nothing_is_withdrawn_of_a_timesheet_that_stands(status: str) -> None:
    server = Server()
    entry = server.put("time_entries", approved=status == "approved")

    async with kantata(server) as psa:
        assert await psa.withdrawn_time(psa_id(_submission(server, status, entry))) == ()


async def test_an_entry_that_was_approved_again_is_not_withdrawn() -> None:
    server = Server()
    again, still_open = (server.put("time_entries", approved=yes) for yes in (True, False))
    sheet = _submission(server, "rejected", again, still_open)

    async with kantata(server) as psa:
        assert await psa.withdrawn_time(psa_id(sheet)) == (psa_id(still_open),)


async def test_an_entry_that_was_deleted_is_withdrawn() -> None:
    server = Server()
    sheet = _submission(server, "cancelled", "999")

    async with kantata(server) as psa:
        assert await psa.withdrawn_time(psa_id(sheet)) == (psa_id("999"),)


async def test_a_timesheet_without_what_include_promises_is_drift() -> None:
    server = Server()
    entry = server.put("time_entries")
    sheet = _submission(server, "rejected", entry)

    async with kantata(server) as psa:
        with pytest.raises(errors.Drifted):
            await psa.withdrawn_time(psa_id(sheet))


async def test_a_timesheet_that_is_not_there_is_missing() -> None:
    async with kantata(Server()) as psa:
        with pytest.raises(errors.Missing):
            await psa.withdrawn_time(psa_id("1"))
