from datetime import UTC, datetime, timedelta

import httpx
import pytest

from canonical.notices import Notice, Notices
from connectors import errors
from tests.connectors.kantata.records import NOON, kantata, kantata_at, psa_id
from tests.connectors.kantata.server import Server

NOW = datetime(2026, 2, 10, 23, 59, tzinfo=UTC)  # the business date's end
POLLED = "/2026-02-10T12:00:00+00:00/2026-02-10T23:59:00+00:00"
CURSOR = "2026-02-10T11:00:00+00:00"


def _event(server: Server, kind: str, subject: str, at: str) -> str:
    return server.put("subscribed_events", event_type=kind, subject_id=subject, created_at=at)


async def _changes(server: Server, cursor: str = CURSOR, **options: str) -> Notices:
    async with kantata(server, **options) as psa:
        return await psa.changes(cursor, NOW)


async def test_events_become_notices_and_the_newest_is_the_next_cursor() -> None:
    server = Server()
    sheet = _event(server, "timesheet:updated", "41", "2026-02-10T11:20:00+00:00")
    story = _event(server, "story:updated", "55", "2026-02-10T11:10:00+00:00")
    _event(server, "workspace:updated", "10", "2026-02-10T11:30:00+00:00")

    assert await _changes(server) == Notices(
        notices=(
            Notice(id=sheet, kind="timesheet", subject=psa_id("41")),
            Notice(id=story, kind="milestone", subject=psa_id("55")),
        ),
        cursor=f"2026-02-10T11:20:00+00:00{POLLED}",
    )
    (query,) = server.asked("subscribed_events")
    assert query["event_types"] == "timesheet:updated,story:updated"
    assert query["order"] == "created_at:asc"


async def test_an_event_that_was_not_asked_for_is_passed_over() -> None:
    server = Server()
    _event(server, "workspace:updated", "10", "2026-02-10T11:30:00+00:00")

    def unfiltered(request: httpx.Request) -> httpx.Response:
        url = request.url.copy_set_param("event_types", "workspace:updated")
        return server(httpx.Request("GET", url, headers=request.headers))

    async with kantata(unfiltered) as psa:
        found = await psa.changes(CURSOR, NOW)

    assert found == Notices(notices=(), cursor=f"2026-02-10T11:30:00+00:00{POLLED}")


async def test_events_that_come_late_are_caught_by_the_overlap() -> None:
    server = Server()
    late = _event(server, "story:updated", "55", "2026-02-10T10:31:00+00:00")
    _event(server, "story:updated", "56", "2026-02-10T10:29:00+00:00")

    found = await _changes(server)

    assert [notice.id for notice in found.notices] == [late]
    assert found.cursor == f"{CURSOR}{POLLED}"


async def test_the_overlap_is_an_option() -> None:
    server = Server()

    await _changes(server, event_overlap_minutes="5")

    assert server.asked("subscribed_events")[0]["created_after"] == "2026-02-10T10:55:00+00:00"


async def test_a_cursor_goes_on_from_another_offset() -> None:
    server = Server()
    _event(server, "story:updated", "55", "2026-02-10T13:30:00+02:00")

    assert (await _changes(server)).cursor == f"2026-02-10T11:30:00+00:00{POLLED}"


async def test_the_start_is_as_far_back_as_kantata_remembers() -> None:
    server = Server()

    found = await _changes(server, cursor="")
    await _changes(server, cursor="", event_retention_days="2")

    assert found == Notices(notices=(), cursor=POLLED)
    assert [query["created_after"] for query in server.asked("subscribed_events")] == [
        "2026-02-01T23:59:00+00:00",
        "2026-02-08T23:59:00+00:00",
    ]


async def _polls_again(
    after: timedelta, *, business: timedelta | None = None, first: str = "", **options: str
) -> Notices:
    server = Server()
    last = await _changes(server, cursor=first)
    async with kantata_at(NOON + after, server, **options) as psa:
        return await psa.changes(last.cursor, NOW + (after if business is None else business))


@pytest.mark.parametrize("first", ["", CURSOR], ids=["no event ever", "an event before"])
async def test_an_outage_longer_than_events_are_kept_is_told_and_not_passed_over(
    first: str,
) -> None:
    with pytest.raises(errors.Drifted) as caught:
        await _polls_again(timedelta(days=9, hours=1), business=timedelta(days=9), first=first)

    assert str(caught.value) == (
        "kantata: not polled since 2026-02-10, longer than events are kept: what was approved"
        " since can be lost; docs/operating.md says how to resynchronize"
    )


@pytest.mark.parametrize("first", ["", CURSOR], ids=["no event ever", "an event before"])
async def test_an_outage_within_what_kantata_keeps_goes_on_where_it_was(first: str) -> None:
    found = await _polls_again(timedelta(days=9), first=first)

    assert found.cursor == f"{first}/2026-02-19T12:00:00+00:00/2026-02-19T23:59:00+00:00"


async def test_whoever_has_resynchronized_goes_on_by_the_option() -> None:
    found = await _polls_again(timedelta(days=20), first=CURSOR, event_retention_days="21")

    assert found.cursor == f"{CURSOR}/2026-03-02T12:00:00+00:00/2026-03-02T23:59:00+00:00"


async def test_an_account_may_be_quiet_for_as_long_as_it_likes() -> None:
    old = "2025-12-01T09:00:00+00:00"

    found = await _polls_again(timedelta(days=1), first=old)

    assert found.cursor.startswith(f"{old}/2026-02-11")


@pytest.mark.parametrize(
    ("after", "business"),
    [(timedelta(seconds=5), timedelta(days=60)), (timedelta(days=60), timedelta(0))],
    ids=["moved", "stopped"],
)
async def test_a_stage_that_moves_or_stops_its_calendar_has_no_outage(
    after: timedelta, business: timedelta
) -> None:
    found = await _polls_again(after, business=business, first=CURSOR)

    assert found.cursor.startswith(CURSOR)


async def test_every_page_is_read_and_a_duplicate_is_one_notice() -> None:
    server = Server(largest_page=2)
    moments = [f"2026-02-10T11:0{minute}:00+00:00" for minute in range(5)]
    ids = [_event(server, "story:updated", "55", moment) for moment in moments]

    def stuttering(request: httpx.Request) -> httpx.Response:
        answer = server(request).json()
        answer["results"] *= 2
        return httpx.Response(200, json=answer)

    async with kantata(stuttering) as psa:
        found = await psa.changes(CURSOR, NOW)

    assert [notice.id for notice in found.notices] == ids
    assert len(server.asked("subscribed_events")) == 3
