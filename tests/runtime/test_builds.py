"""A second build is deployed under running workflows: two worker processes, a real server.

The second build's billing lane waits first, which no run of the first build could replay.
"""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError

from canonical import processes
from canonical.contracts import ContractId
from canonical.landscape import Landscape
from canonical.processes import PROCESSES, BillingCycle, BillingLane, PostLane
from console import builds, embedded
from console.builds import BuildError
from console.embedded import Ports
from settings import Settings
from store import billing
from store.database import Database
from tests import servers
from tests.activities import house
from tests.architecture.trees import OURS, ROOT
from tests.fakes import PSA, entry
from world.stage.keys import Keys

_DEPLOYMENT = "tiebeam-tests"
_DRAINS_SOON = (
    'matching.wv.VersionDrainageStatusVisibilityGracePeriod="1s"',
    'matching.wv.VersionDrainageStatusRefreshInterval="1s"',
)
_FIRST_STEP = "        await workflow.wait_condition(lambda: bool(self._waiting))\n"
_LOOKS, _LOOK_SECONDS = 300, 0.1


@dataclass(frozen=True)
class Site:
    """A server of the test's own, a store, and the variables of the workers on them."""

    client: Client
    database: Database
    variables: dict[str, str]


@pytest_asyncio.fixture
async def site(database: Database, landscape: Landscape, tmp_path: Path) -> AsyncIterator[Site]:
    await house.active(database)
    keys = Keys.kept(tmp_path / "keys.json")
    secrets = {each.credential: keys.of_vendor(each.vendor) for each in landscape.systems}
    embedded.write_credentials(tmp_path, secrets)
    nowhere = Ports(dict.fromkeys([each.id for each in landscape.systems], 1))
    variables = embedded.environment(tmp_path, nowhere, Settings().landscape, landscape)
    async with await servers.temporal(*_DRAINS_SOON) as server:
        variables["TIEBEAM_TEMPORAL_ADDRESS"] = server.client.service_client.config.target_host
        variables["TIEBEAM_DEPLOYMENT"] = _DEPLOYMENT
        assert variables["TIEBEAM_STORE_URL"] == database.engine.url.render_as_string()
        yield Site(server.client, database, variables)


@asynccontextmanager
async def _worker(site: Site, build: str, code: Path = ROOT) -> AsyncIterator[None]:
    """Run a worker of a build from its code, a process of its own, until the block is left."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(code / "worker.py")),
        cwd=code,
        env=os.environ | site.variables | {"TIEBEAM_BUILD": build, "PYTHONPATH": str(code)},
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    said = b""
    while b"worker.started" not in said:
        line = await asyncio.wait_for(process.stderr.readline(), 30)
        assert line, said.decode()
        said += line
    draining = asyncio.create_task(process.stderr.read())
    try:
        yield
    finally:
        process.terminate()
        await process.wait()
        await draining


def _changed(folder: Path) -> Path:
    """Return the code of the next build, whose billing lane has one more step."""
    for room in (*OURS, "runtime"):
        skipped = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / room, folder / room, ignore=skipped, dirs_exist_ok=True)
    for file in ("settings.py", "worker.py", "landscape.toml", "mappings.toml", "ownership.toml"):
        shutil.copy(ROOT / file, folder)
    lane = folder / "workflows/billing.py"
    text = lane.read_text()
    assert _FIRST_STEP in text
    lane.write_text(text.replace(_FIRST_STEP, f"        await workflow.sleep(0.01)\n{_FIRST_STEP}"))
    return folder


async def _bill(site: Site, contract: str) -> WorkflowHandle[object, object]:
    lane = BillingLane(
        contract=ContractId(contract), opportunity=house.DEAL, generation=1, routes=house.ROUTES
    )
    return await site.client.start_workflow(
        "Billing", lane, id=processes.billing_id(lane.contract), task_queue=PROCESSES
    )


async def _is_on(handle: WorkflowHandle[object, object], build: str) -> bool:
    """Say whether a run is pinned to a build, or comes to be once its first step is done."""
    for _ in range(_LOOKS):
        info = (await handle.describe()).raw_description.workflow_execution_info
        if info.versioning_info.deployment_version.build_id == build:
            return True
        await asyncio.sleep(_LOOK_SECONDS)
    return False


async def _promoted(site: Site, build: str) -> str | None:
    """Promote a build as soon as the server has heard of every queue that it serves."""
    for _ in range(_LOOKS):
        try:
            return await builds.promote(site.client, _DEPLOYMENT, build)
        except BuildError:
            await asyncio.sleep(_LOOK_SECONDS)
    raise AssertionError


async def _state(site: Site, build: str, wanted: str) -> str:
    for _ in range(_LOOKS):
        states = {each.id: each.state for each in await builds.known(site.client, _DEPLOYMENT)}
        if states[build] == wanted:
            break
        await asyncio.sleep(_LOOK_SECONDS)
    return states[build]


async def _has_timer(handle: WorkflowHandle[object, object]) -> bool:
    events = [event async for event in handle.fetch_history_events()]
    return any(event.HasField("timer_started_event_attributes") for event in events)


async def _asked(site: Site) -> BillingCycle:
    """Ask to bill the contract, of which nothing is ready."""
    day = date(2026, 7, 31)
    async with site.database.transaction() as tx:
        asked = await billing.cut_off(tx, ContractId("CT-00001"), day)
    return BillingCycle(cycle=asked.cycle, key=asked.key, kind="cut_off", cut_off=day)


async def test_a_second_build_is_deployed_under_running_workflows(
    site: Site, tmp_path: Path
) -> None:
    with pytest.raises(BuildError, match="start a worker with TIEBEAM_DEPLOYMENT=tiebeam-tests"):
        await builds.known(site.client, _DEPLOYMENT)
    async with _worker(site, "1.0"):
        assert await _promoted(site, "1.0") is None
        old = await _bill(site, "CT-00001")
        assert await _is_on(old, "1.0")

        async with _worker(site, "1.1", _changed(tmp_path / "next")):
            with pytest.raises(BuildError, match=r"has no build 9\.9: "):
                await builds.promote(site.client, _DEPLOYMENT, "9.9")
            assert await _promoted(site, "1.1") == "1.0"
            new = await _bill(site, "CT-00002")

            assert await _is_on(new, "1.1")
            assert await _state(site, "1.0", "draining") == "draining"
            await old.execute_update("bill", await _asked(site))
            assert await asyncio.wait_for(old.result(), 30) == "idle"
            assert await _is_on(old, "1.0")
            assert await _state(site, "1.0", "drained") == "drained"
            assert await _state(site, "1.1", "current") == "current"
            assert (await _has_timer(new), await _has_timer(old)) == (True, False)
            await new.terminate()


async def test_a_lane_goes_on_in_the_new_build_with_its_next_run(
    site: Site, tmp_path: Path
) -> None:
    await house.approved(site.database, entry(101, employee=None))  # which nobody can price
    lane = PostLane(lane=house.LANE, psa=PSA)
    async with _worker(site, "1.0"):
        await _promoted(site, "1.0")
        handle = await site.client.start_workflow(
            "PostTime", lane, id=processes.posting_id(lane.lane), task_queue=PROCESSES
        )
        assert await _is_on(handle, "1.0")
        first = (await handle.describe()).run_id

        async with _worker(site, "1.1", _changed(tmp_path / "next")):
            await _promoted(site, "1.1")
            latest = site.client.get_workflow_handle(handle.id)
            for _ in range(_LOOKS):
                if (await latest.describe()).run_id != first:
                    break
                with suppress(RPCError):  # the next run may have come to its end since
                    await latest.signal("more")
                await asyncio.sleep(_LOOK_SECONDS)

            assert (await latest.describe()).run_id != first
            assert await _is_on(latest, "1.1")
            assert await asyncio.wait_for(latest.result(), 30) == "idle"
