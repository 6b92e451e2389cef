import asyncio
import itertools
import socket
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.world.processes import Server, free_port
from tests.world.salesforce.house import APP, Org, public_pem, refusal
from tests.world.salesforce.listener import Listener, ack

_REFUSED = (500, b"")
_BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "true"><!ENTITY b "&a;&a;">]>
<x xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>&a;</Ack></x>"""


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server("world.sandboxes", "salesforce", data=tmp_path / "org.db")


@pytest_asyncio.fixture
async def org(server: Server) -> AsyncIterator[Org]:
    with server:
        async with httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
            org = Org(client)
            await org.set_up(certificate_pem=public_pem(), outbound_first_retry_seconds=0.05, **APP)
            await org.sign_in()
            yield org


async def _tell(
    org: Org, url: str, sobject: str = "Account", fields: tuple[str, ...] = ("Id", "Name"),
    **when: object,
) -> None:  # fmt: skip
    message = {"object": sobject, "when": when, "fields": fields, "url": url}
    await org.set_up(outbound_messages=[message])


async def _waiting(org: Org) -> list[dict[str, Any]]:
    return list((await org.client.get("/_admin/outbound")).json())


async def _is_quiet(org: Org) -> None:
    deadline = time.monotonic() + 15
    while await _waiting(org):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def test_tells_of_a_deal_that_is_won(org: Org) -> None:
    with Listener() as listener:
        fields = ("Id", "StageName", "Amount", "IsWon", "CloseDate", "Practice__c")
        await _tell(org, listener.url, "Opportunity", fields, StageName="Closed Won")
        key = await org.deal(Amount=50000)
        await org.deal(StageName="Closed Lost")

        await org.update("Opportunity", key, StageName="Closed Won")

        (message,) = await listener.heard(1)
        await _is_quiet(org)
    assert message.media_type.startswith("text/xml")
    assert message.text("OrganizationId") == "00D000000000001EAA"
    assert message.text("EnterpriseUrl") == f"{org.base}/services/Soap/c/60.0/00D000000000001"
    assert str(message.text("ActionId")).startswith("04k")
    assert message.rows == [
        {
            "Id": key,
            "StageName": "Closed Won",
            "Amount": "50000.0",
            "IsWon": "true",
            "CloseDate": "2026-03-31",
        }
    ]
    (identity,) = message.ids
    assert identity.startswith("04l")
    assert len(identity) == 18
    assert len(listener.messages) == 1


async def test_tells_of_every_change_when_no_condition_is_set(org: Org) -> None:
    with Listener() as listener:
        await _tell(org, listener.url)
        key = await org.create("Account", Name="Acme")
        await listener.heard(1)
        await org.update("Account", key, Name="Acme & Sons <\u0001>")
        await org.send("PATCH", f"/sobjects/Account/{key}", json={"Name": None})
        await org.deal()

        messages = await listener.heard(2)
        await _is_quiet(org)

    assert [message.rows[0]["Name"] for message in messages] == ["Acme", "Acme & Sons <>"]
    assert len({message.ids[0] for message in messages}) == 2


async def test_a_refused_write_tells_nobody(org: Org) -> None:
    await _tell(org, f"http://127.0.0.1:{free_port()}")

    refused = await org.send("POST", "/sobjects/Account", json={"Phone": "1"})

    assert refusal(refused)[1] == "REQUIRED_FIELD_MISSING"
    assert await _waiting(org) == []


async def test_tells_again_ever_more_slowly_until_acknowledged(org: Org) -> None:
    answers = [
        _REFUSED, (200, b""), (200, ack("false")), (200, b"<no xml"), (200, _BOMB),
        (202, ack()), (200, ack()),
    ]  # fmt: skip
    with Listener(*answers) as listener:
        await _tell(org, listener.url)
        await org.create("Account", Name="Acme")

        messages = await listener.heard(len(answers))
        await _is_quiet(org)

    assert len({message.ids[0] for message in messages}) == 1
    waits = [after.at - before.at for before, after in itertools.pairwise(messages)]
    assert waits[0] >= 0.05
    assert waits[-1] >= 0.05 * 2**5
    assert len(listener.messages) == len(answers)


async def test_carries_the_row_as_it_is_when_sent(org: Org) -> None:
    with Listener(_REFUSED) as listener:
        await _tell(org, listener.url)
        key = await org.create("Account", Name="before")
        await listener.heard(1)
        await org.set_up(outbound_messages=[])
        await org.update("Account", key, Name="after")
        listener.answers = [(200, ack())]

        await _is_quiet(org)

    assert listener.messages[0].rows[0]["Name"] == "before"
    assert listener.messages[-1].rows[0]["Name"] == "after"
    assert listener.messages[0].ids == listener.messages[-1].ids


async def test_forgets_a_message_of_a_deleted_row(org: Org) -> None:
    await _tell(org, f"http://127.0.0.1:{free_port()}")
    key = await org.create("Account", Name="Acme")
    assert len(await _waiting(org)) == 1

    await org.send("DELETE", f"/sobjects/Account/{key}")

    await _is_quiet(org)


async def test_a_message_survives_a_kill_of_the_server(org: Org, server: Server) -> None:
    port = free_port()
    await _tell(org, f"http://127.0.0.1:{port}/")
    key = await org.create("Account", Name="Acme")
    (queued,) = await _waiting(org)

    server.kill()
    server.start()

    with Listener(port=port) as listener:
        (message, *_) = await listener.heard(1)
        await _is_quiet(org)
    assert message.ids == [queued["id"]]
    assert message.rows == [{"Id": key, "Name": "Acme"}]


async def test_gives_up_after_a_day(org: Org) -> None:
    with Listener(_REFUSED) as listener:
        await _tell(org, listener.url)
        await org.create("Account", Name="Acme")
        await listener.heard(2)
        assert len(await _waiting(org)) == 1

        await org.move_clock(datetime.now(UTC) + timedelta(hours=25))

        await _is_quiet(org)


@pytest.mark.parametrize("hours", [3, -30], ids=["forward", "back"])
async def test_a_moved_clock_makes_no_message_wait_longer(org: Org, hours: int) -> None:
    await org.set_up(outbound_first_retry_seconds=3600)
    with Listener(_REFUSED, (200, ack())) as listener:
        await _tell(org, listener.url)
        await org.create("Account", Name="Acme")
        await listener.heard(1)

        await org.move_clock(datetime.now(UTC) + timedelta(hours=hours))

        await listener.heard(2)
        await _is_quiet(org)


async def test_tells_of_up_to_100_rows_at_once_and_of_each_once(org: Org) -> None:
    with Listener(_REFUSED) as listener:
        await _tell(org, listener.url)
        keys = {await org.create("Account", Name=f"{number}") for number in range(130)}
        listener.answers = [(200, ack())]

        await _is_quiet(org)

    told = [row["Id"] for message in listener.messages for row in message.rows]
    assert set(told) == keys
    sizes = [len(message.ids) for message in listener.messages]
    assert max(sizes) <= 100
    assert max(sizes) > 1


async def test_a_receiver_that_is_silent_or_not_there_holds_up_nobody_else(org: Org) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, Listener() as listener:
        silent_url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        urls = (silent_url, f"http://127.0.0.1:{free_port()}/", listener.url)
        shape = {"object": "Account", "when": {}, "fields": ["Name"]}
        await org.set_up(outbound_messages=[shape | {"url": url} for url in urls])
        for name in ("first", "second"):
            await org.create("Account", Name=name)
            await listener.heard(len(listener.messages) + 1)

        assert await org.names("SELECT Name FROM Account") == ["first", "second"]
        assert {message["url"] for message in await _waiting(org)} == set(urls[:2])
