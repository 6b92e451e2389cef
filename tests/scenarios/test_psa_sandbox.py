"""The connector to the PSA against its sandbox."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from connectors import errors
from connectors.kantata import Kantata, connect
from tests.connectors.kantata.records import INSTANCE, client, project, psa_id, term
from tests.world.kantata.firm import TOKEN, Firm
from world.sandboxes.box import Box
from world.sandboxes.kantata import sandbox

TODAY = datetime(2026, 1, 15, 12, tzinfo=UTC)


class Account(NamedTuple):
    psa: Kantata
    firm: Firm


@pytest_asyncio.fixture
async def account(tmp_path: Path) -> AsyncIterator[Account]:
    box = Box(tmp_path / "kantata.db")
    transport = httpx.ASGITransport(sandbox(box))
    token = {"token": SecretStr(TOKEN)}
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://kantata.test") as http,
        connect(INSTANCE, token, transport=transport) as psa,
    ):
        firm = Firm(http)
        await firm.clock("2026-01-15T12:00:00Z")
        yield Account(psa, firm)
    box.close()


async def test_the_milestones_of_a_project_go_in_one_call_and_are_found(account: Account) -> None:
    shell = await account.psa.create_project(project(), await account.psa.create_client(client()))
    terms = [term(f"CT-00001/M{number}") for number in range(1, 101)]

    made = await account.psa.create_milestones(shell, terms)

    found = await account.psa.find_milestones(terms)
    assert found == {each.id: (theirs,) for each, theirs in zip(terms, made, strict=True)}
    logged = [one["operation"] for one in await account.firm.admin("GET", "log")]
    assert logged.count("POST /api/v1/stories") == 1


async def test_one_milestone_that_is_refused_leaves_none(account: Account) -> None:
    shell = await account.psa.create_project(project(), await account.psa.create_client(client()))
    terms = [term(), term("CT-00001/M2").model_copy(update={"name": "x" * 201})]

    with pytest.raises(errors.Rejected) as caught:
        await account.psa.create_milestones(shell, terms)

    assert "record 1" in caught.value.reason
    assert await account.psa.find_milestones(terms) == {each.id: () for each in terms}


@pytest.mark.parametrize("verb", ["reject", "cancel"])
async def test_an_approval_that_is_taken_back_is_told_and_read(account: Account, verb: str) -> None:
    psa, firm = account
    await firm.set(approved_submissions_can_be_cancelled=True, event_duplicates=1)
    workspace = await firm.workspace()
    entry = await firm.entry(workspace)
    submission = await firm.submission(workspace, entry)
    await firm.resolve(submission, "approve")
    before = await psa.changes("", TODAY)

    await firm.resolve(submission, verb)

    told = await psa.changes(before.cursor, TODAY)
    assert psa_id(submission) in {notice.subject for notice in told.notices}
    assert (await psa.approved_time(psa_id(submission), 1)).entries == ()
    again = await firm.submission(workspace, entry)
    await firm.resolve(again, "approve")
    (approved,) = (await psa.approved_time(psa_id(again), 1)).entries
    assert approved.id == psa_id(entry)
