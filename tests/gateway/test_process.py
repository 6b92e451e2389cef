"""The gateway as a process of its own: killed, started again and told to stop."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest
from sqlmodel import select
from temporalio.client import Client
from temporalio.service import RPCError

from canonical import processes
from store.database import Database
from store.tables.traffic import InboxRow
from tests.fakes import CRM, foreign
from tests.gateway.messages import CANARY, ORGANIZATION, SECRET, message
from tests.world.processes import free_port

_ROOT = Path(__file__).parents[2]
_SUBJECT = "0065f00000Pr0cEAAR"


@asynccontextmanager
async def _gateway(
    environment: Mapping[str, str], log: Path
) -> AsyncGenerator[tuple[Process, httpx.AsyncClient]]:
    """Run a gateway that answers, and end it whatever happens."""
    url = f"http://127.0.0.1:{environment['TIEBEAM_GATEWAY_PORT']}"
    command = [sys.executable, "starter.py", "gateway"]
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=_ROOT, env={**os.environ, **environment}, stdout=output, stderr=output
        )
    try:
        async with httpx.AsyncClient(base_url=url, trust_env=False) as sender:
            async with asyncio.timeout(20):
                while not await _is_up(sender):
                    assert process.returncode is None, log.read_text()
                    await asyncio.sleep(0.05)
            yield process, sender
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _is_up(sender: httpx.AsyncClient) -> bool:
    try:
        return (await sender.get("/health")).is_success
    except httpx.TransportError:
        return False


@pytest.fixture
def environment(client: Client, database: Database, tmp_path: Path) -> dict[str, str]:
    """Return the settings of a gateway on this test's store; its tables are there."""
    credentials = tmp_path / "credentials.toml"
    credentials.write_text(
        f'[crm-main]\norganization = "{ORGANIZATION}"\nwebhook_secret = "{SECRET}"\n'
    )
    return {
        "TIEBEAM_TEMPORAL_ADDRESS": client.service_client.config.target_host,
        "TIEBEAM_STORE_URL": str(database.engine.url),
        "TIEBEAM_CREDENTIALS": str(credentials),
        "TIEBEAM_GATEWAY_PORT": str(free_port()),
    }


async def test_a_killed_gateway_has_what_it_acknowledged(
    client: Client, database: Database, environment: dict[str, str], tmp_path: Path
) -> None:
    log = tmp_path / "gateway.log"
    door = f"/webhooks/{CRM}/{SECRET}"
    async with _gateway(environment, log) as (process, sender):
        answers = [
            await sender.post(f"{door}x", content=message(_SUBJECT)),
            await sender.post(door, content=CANARY.encode()),
            await sender.post(door, content=message(_SUBJECT)),
        ]
        process.kill()
    async with _gateway(environment, log) as (process, sender):
        again = await sender.post(door, content=message(_SUBJECT))
        process.send_signal(signal.SIGTERM)
        ended = await asyncio.wait_for(process.wait(), timeout=10)
    with suppress(RPCError):
        run = processes.engagement_id(foreign(CRM, _SUBJECT), 1)
        await client.get_workflow_handle(run).terminate()

    assert [answer.status_code for answer in (*answers, again)] == [404, 400, 200, 200]
    assert ended == 0
    async with database.reading() as tx:
        assert len((await tx.exec(select(InboxRow))).all()) == 1
    _assert_clean(log.read_text())


def _assert_clean(log: str) -> None:
    """Assert that a log is one JSON object a line, with neither secret nor message."""
    events = [json.loads(line)["event"] for line in log.splitlines()]
    assert {"message.refused", "message.received", "message.repeated"} <= set(events)
    assert SECRET not in log
    assert CANARY not in log
