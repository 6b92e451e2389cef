from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from tests.world.salesforce.house import DATA, Org, refusal

_SOQL = "SELECT Name FROM Account ORDER BY Name"


@pytest_asyncio.fixture
async def firm(org: Org) -> Org:
    """An org with 450 accounts."""
    for number in range(450):
        await org.create("Account", Name=f"{number:03}")
    return org


async def _first(org: Org, hint: str = "batchSize=200") -> dict[str, Any]:
    answer = await org.send(
        "GET", "/query", params={"q": _SOQL}, headers={"Sforce-Query-Options": hint}
    )
    return dict(answer.json())


async def _next(org: Org, page: dict[str, Any]) -> dict[str, Any]:
    return dict((await org.client.get(page["nextRecordsUrl"])).json())


async def test_pages_until_done(firm: Org) -> None:
    page = await _first(firm)
    locator = page["nextRecordsUrl"].removesuffix("-200")
    pages = [page]
    while not page["done"]:
        page = await _next(firm, page)
        pages.append(page)

    assert locator.startswith(f"{DATA}/query/01g")
    assert [p.get("nextRecordsUrl") for p in pages] == [f"{locator}-200", f"{locator}-400", None]
    assert [len(p["records"]) for p in pages] == [200, 200, 50]
    assert {p["totalSize"] for p in pages} == {450}
    names = [record["Name"] for p in pages for record in p["records"]]
    assert names == [f"{number:03}" for number in range(450)]


@pytest.mark.parametrize(
    ("hint", "size"),
    [("batchSize=1", 200), ("batchsize=300", 300), ("batchSize=9999", 450), ("nonsense", 450)],
)
async def test_takes_a_hint_between_200_and_2000(firm: Org, hint: str, size: int) -> None:
    assert len((await _first(firm, hint))["records"]) == size


async def test_the_largest_page_is_a_switch(firm: Org) -> None:
    await firm.set_up(max_page=3)

    page = await _first(firm)

    assert [record["Name"] for record in page["records"]] == ["000", "001", "002"]
    assert page["nextRecordsUrl"].endswith("-3")


async def test_a_limit_counts_for_the_whole(firm: Org) -> None:
    answer = await firm.send(
        "GET",
        "/query",
        params={"q": _SOQL + " LIMIT 201"},
        headers={"Sforce-Query-Options": "batchSize=200"},
    )

    page = await _next(firm, answer.json())

    assert (page["totalSize"], page["done"], len(page["records"])) == (201, True, 1)


async def test_a_page_is_read_twice_the_same_and_is_not_moved_by_new_rows(firm: Org) -> None:
    first = await _first(firm)
    before = await _next(firm, first)
    await firm.create("Account", Name="000a")

    assert await _next(firm, first) == before


async def test_a_locator_dies_when_it_is_long_unused(firm: Org) -> None:
    first = await _first(firm)
    start = datetime.now(UTC)
    for minutes in (14, 28):  # each use keeps it alive
        await firm.move_clock(start + timedelta(minutes=minutes))
        assert (await firm.client.get(first["nextRecordsUrl"])).is_success
    await firm.move_clock(start + timedelta(minutes=28 + 16))

    dead = await firm.client.get(first["nextRecordsUrl"])

    assert refusal(dead) == (400, "INVALID_QUERY_LOCATOR", None)


async def test_how_long_a_locator_lives_is_a_switch(firm: Org) -> None:
    first = await _first(firm)
    await firm.set_up(locator_seconds=0)

    assert refusal(await firm.client.get(first["nextRecordsUrl"]))[1] == "INVALID_QUERY_LOCATOR"
    second = await _first(firm)
    await firm.set_up(locator_seconds=900)
    assert (await firm.client.get(second["nextRecordsUrl"])).is_success
    assert refusal(await firm.client.get(first["nextRecordsUrl"]))[1] == "INVALID_QUERY_LOCATOR"


@pytest.mark.parametrize(
    "change",
    [
        ("-200", "-450"),
        ("-200", "-0"),
        ("-200", "-x"),
        ("-200", ""),
        ("-200", "-99999999999"),
        ("01g", "01h"),
    ],
)
async def test_a_locator_that_was_never_given_is_refused(
    firm: Org, change: tuple[str, str]
) -> None:
    first = await _first(firm)

    refused = await firm.client.get(first["nextRecordsUrl"].replace(*change))

    assert refusal(refused) == (400, "INVALID_QUERY_LOCATOR", None)
