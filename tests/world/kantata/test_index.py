import pytest

from tests.world.kantata.firm import Firm


async def _entries(firm: Firm, workspace: str, count: int) -> list[str]:
    entries = [
        {"workspace_id": workspace, "date_performed": "2026-01-12", "time_in_minutes": 1 + n}
        for n in range(count)
    ]
    made: list[str] = []
    while entries:
        chunk, entries = entries[:100], entries[100:]
        answer = await firm.call("POST", "time_entries", {"time_entries": chunk})
        made += [result["id"] for result in answer["results"]]
    return made


async def test_pages_hold_every_record_once(firm: Firm) -> None:
    made = await _entries(firm, await firm.workspace(), 45)

    pages = [await firm.get("time_entries", page=n, order="created_at:asc") for n in (1, 2, 3)]

    assert [result["id"] for page in pages for result in page["results"]] == made
    assert [set(page["time_entries"]) for page in pages] == [
        set(made[:20]),
        set(made[20:40]),
        set(made[40:]),
    ]
    assert [page["count"] for page in pages] == [45] * 3
    assert pages[2]["meta"] == {"count": 45, "page_count": 3, "page_number": 3, "page_size": 20}


async def test_a_page_holds_200_records_at_most(firm: Firm) -> None:
    await _entries(firm, await firm.workspace(), 201)

    answer = await firm.get("time_entries", per_page=500)

    assert len(answer["results"]) == 200
    assert answer["meta"]["page_size"] == 200
    assert answer["meta"]["page_count"] == 2


async def test_a_page_past_the_end_is_empty(firm: Firm) -> None:
    await _entries(firm, await firm.workspace(), 3)

    answer = await firm.get("time_entries", page=2)

    assert (answer["results"], answer["time_entries"], answer["count"]) == ([], {}, 3)


async def test_limit_with_offset_outweighs_page(firm: Firm) -> None:
    made = await _entries(firm, await firm.workspace(), 7)
    order = {"order": "created_at:asc"}

    both = await firm.ids("time_entries", limit=2, offset=3, page=1, per_page=5, **order)
    alone = await firm.ids("time_entries", limit=2, page=2, per_page=5, **order)

    assert both == made[3:5]
    assert alone == made[5:]


@pytest.mark.parametrize(
    "parameters",
    [
        {"page": "0"},
        {"per_page": "many"},
        {"limit": "0", "offset": "0"},
        {"order": "mood:asc"},
        {"order": "created_at"},
        {"created_after": "soon"},
        {"date_performed_between": "x"},
    ],
    ids=str,
)
async def test_parameters_that_make_no_sense_are_bad_requests(
    firm: Firm, parameters: dict[str, str]
) -> None:
    answer = await firm.call("GET", "time_entries", status=400, **parameters)

    assert [error["type"] for error in answer["errors"]] == ["system"]


async def test_a_page_after_a_write_shows_it(firm: Firm) -> None:
    workspace = await firm.workspace()
    first = await firm.entry(workspace)
    assert await firm.ids("time_entries") == [first]

    second = await firm.entry(workspace)

    assert await firm.ids("time_entries", order="created_at:asc") == [first, second]


async def test_only_filters_without_a_404(firm: Firm) -> None:
    made = await _entries(firm, await firm.workspace(), 3)

    assert await firm.ids("time_entries", only=f"{made[1]},999999") == [made[1]]
    await firm.call("GET", "time_entries/999999", status=404)


async def test_records_are_filtered_by_when_they_were_made_and_changed(firm: Firm) -> None:
    old = await firm.workspace(title="Old")
    await firm.clock("2026-01-16T12:00:00Z")
    new = await firm.workspace(title="New")
    await firm.clock("2026-01-17T12:00:00Z")
    await firm.put("workspaces", old, title="Old, renamed")

    noon = "2026-01-16T04:00:00-08:00"
    assert await firm.ids("workspaces", created_before=noon) == [old]
    assert await firm.ids("workspaces", created_after="2026-01-16") == [new]
    assert await firm.ids("workspaces", updated_after="2026-01-16T12:30:00Z") == [old]
    assert await firm.ids("workspaces", updated_before="2026-01-16T12:30:00Z") == [new]
    assert await firm.ids("workspaces", updated_after="2020-01-01") == [old, new]


async def test_after_excludes_the_very_second_unless_the_switch_says_so(firm: Firm) -> None:
    workspace = await firm.workspace()
    second = (await firm.show("workspaces", workspace))["updated_at"]

    assert await firm.ids("workspaces", updated_after=second) == []
    await firm.set(after_includes_equal=True)
    assert await firm.ids("workspaces", updated_after=second) == [workspace]


async def test_an_archived_workspace_is_hidden_until_asked_for(firm: Firm) -> None:
    workspace = await firm.workspace()
    await firm.put("workspaces", workspace, archived=True)

    await firm.call("GET", f"workspaces/{workspace}", status=404)
    assert await firm.ids("workspaces") == await firm.ids("workspaces", only=workspace) == []
    assert (await firm.show("workspaces", workspace, include_archived="true"))["archived"]
    assert await firm.ids("workspaces", archived="only") == [workspace]


async def test_time_of_an_archived_workspace_is_hidden_until_asked_for(firm: Firm) -> None:
    workspace = await firm.workspace()
    entry = await firm.entry(workspace)
    await firm.put("workspaces", workspace, archived=True)

    await firm.call("GET", f"time_entries/{entry}", status=404)
    assert await firm.ids("time_entries") == []
    assert await firm.ids("time_entries", from_archived_workspaces="true") == [entry]
    await firm.show("time_entries", entry, from_archived_workspaces="true")
