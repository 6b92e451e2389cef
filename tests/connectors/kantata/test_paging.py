from collections.abc import Callable

import httpx
import pytest

from canonical.projects import ProjectCode
from connectors import errors
from tests.connectors.kantata.records import kantata, psa_id
from tests.connectors.kantata.server import Server


def _doubles(number: int, *, largest_page: int = 2) -> Server:
    server = Server(largest_page=largest_page)
    for _ in range(number):
        workspace = server.put("workspaces")
        made = server.refer("workspaces", workspace, "tiebeam", "project", "PR-00001")
        server.rows["workspaces"][workspace]["external_reference_ids"] = [made]
    return server


async def _found(answers: Callable[[httpx.Request], httpx.Response]) -> int:
    async with kantata(answers) as psa:
        return len(await psa.find_project(ProjectCode("PR-00001")))


@pytest.mark.parametrize(("rows", "pages"), [(0, 1), (1, 1), (2, 1), (3, 2), (5, 3)])
async def test_every_page_is_read_once(rows: int, pages: int) -> None:
    server = _doubles(rows)

    assert await _found(server) == rows
    asked = server.asked("workspaces")
    assert [query["page"] for query in asked] == [str(page) for page in range(1, pages + 1)]
    assert {query["per_page"] for query in asked} == {"200"}


def _rewritten(server: Server, page: str, *, claims: bool) -> Callable[..., httpx.Response]:
    """Answer another page than the second; with `claims` it says that it is the second."""

    def answers(request: httpx.Request) -> httpx.Response:
        asked = int(request.url.params["page"])
        url = request.url.copy_set_param("page", page if asked == 2 else asked)
        answer = server(httpx.Request("GET", url, headers=request.headers)).json()
        if claims:
            answer["meta"]["page_number"] = asked
        return httpx.Response(200, json=answer)

    return answers


@pytest.mark.parametrize("claims", [True, False], ids=["in-disguise", "openly"])
@pytest.mark.parametrize("page", ["1", "9"], ids=["repeated", "empty"])
async def test_a_page_that_repeats_or_is_not_there_is_drift(*, page: str, claims: bool) -> None:
    with pytest.raises(errors.Drifted):
        await _found(_rewritten(_doubles(5), page, claims=claims))


async def test_an_index_that_never_ends_is_drift() -> None:
    server = _doubles(3)

    def endless(request: httpx.Request) -> httpx.Response:
        answer = server(request).json()
        answer["meta"]["page_count"] = 10**9
        return httpx.Response(200, json=answer)

    with pytest.raises(errors.Drifted):
        await _found(endless)


async def test_another_page_of_a_timesheet_is_drift() -> None:
    server = Server(largest_page=1)
    sheet = server.put(
        "timesheet_submissions",
        status="approved",
        current_resolution_creator_id="3",
        current_resolution_created_at_date="2026-01-19T09:00:00-08:00",
    )

    def stuck(request: httpx.Request) -> httpx.Response:
        url = request.url
        if url.path.endswith("time_entries"):
            url = url.copy_set_param("page", "1")
        return server(httpx.Request("GET", url, headers=request.headers))

    async with kantata(stuck) as psa:
        with pytest.raises(errors.Drifted):
            await psa.approved_time(psa_id(sheet), 2)
