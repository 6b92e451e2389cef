"""Our services as the compose file runs them: commands, variables and health checks as written."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlmodel import select

from activities.effects import Kind
from canonical import processes
from store.tables.effects import IntentRow, State
from tests.deploy import site
from tests.deploy.site import Site
from tests.postgres import Server, postgres

__all__ = ["postgres"]

_PATIENCE_SECONDS = 60.0


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def here(tmp_path_factory: pytest.TempPathFactory, postgres: Server) -> AsyncIterator[Site]:
    async with site.opened(tmp_path_factory.mktemp("site"), postgres) as found:
        yield found


async def test_every_service_is_healthy_by_its_own_check(here: Site) -> None:
    assert {name: await each.is_well() for name, each in here.services.items()} == dict.fromkeys(
        ("gateway", "worker-processes", "worker-sales", "worker-delivery", "worker-finance"), True
    )


async def test_a_worker_serves_what_its_command_names(here: Site) -> None:
    started = {
        name: each.event("worker.started")["queues"]
        for name, each in here.services.items()
        if name != "gateway"
    }

    assert started == {
        "worker-processes": ["processes"],
        "worker-sales": ["system.crm-main"],
        "worker-delivery": ["system.psa-main"],
        "worker-finance": ["system.erp-main"],
    }


async def test_no_secret_is_in_an_argument_a_variable_or_a_log(here: Site) -> None:
    await here.deals.active()

    for each in here.all.values():
        told = each.told()
        assert told
        assert [secret for secret in here.secrets if secret in told] == []
    for each in here.services.values():
        assert [secret for secret in here.secrets if secret in each.arguments()] == []
        assert [secret for secret in here.secrets if secret in each.variables()] == []


@pytest.mark.parametrize("name", ["schema", "mappings", "setup", "promote"])
async def test_what_is_run_once_can_be_run_again(name: str, here: Site) -> None:
    again = here.all[name]
    await again.start()

    assert await again.finished() == 0, again.told()


async def test_new_runs_are_kept_to_the_version_that_is_deployed(here: Site) -> None:
    active = await here.deals.active()
    run = processes.contract_id(active.contract.id)
    found = await here.running.client.get_workflow_handle(run).describe()

    told = found.raw_description.workflow_execution_info.versioning_info
    assert told.deployment_version.build_id == site.VERSION


async def test_a_won_deal_becomes_an_active_project(here: Site) -> None:
    active = await here.deals.active()

    assert active.project.contract == active.contract.id


async def test_a_person_sees_and_resumes_what_runs_with_the_command_of_the_compose_file(
    here: Site,
) -> None:
    contract = (await here.deals.active()).contract
    run = processes.engagement_id(contract.opportunity, 1)

    status = await here.asked("status", "--json")
    resumed = await here.asked("start", "resume", run)
    refused = await here.asked("start", "resume", "contract:CT-99999")
    approved = await here.asked(
        *("invoice", "approve", "CT-99999/1/1"), *("--by", "pat", "--hash", "0")
    )

    assert (status.code, resumed.code, refused.code, approved.code) == (0, 0, 2, 2)
    known = [each["contract"] for each in json.loads(status.told)["engagements"]]
    assert contract.id in known
    assert resumed.told == f"{run}\n"
    assert refused.told.startswith("tiebeam: no process 'contract:CT-99999' runs")
    assert approved.told.startswith("tiebeam: there is no invoice 'CT-99999/1/1'")


async def test_inside_the_gateway_the_same_commands_find_the_same_platform(here: Site) -> None:
    gateway = here.services["gateway"].service.asked("tiebeam", "status", "--json")
    told = await here.ended(gateway)

    assert (told.code, told.told[:1]) == (0, "{")


async def test_without_temporal_workers_are_not_ready_and_the_gateway_still_takes_messages(
    here: Site,
) -> None:
    await here.temporal.shut()
    try:
        for name, each in here.services.items():
            await each.until(is_well=name == "gateway")
    finally:
        await here.temporal.open()
    await here.well()


async def test_without_the_store_nobody_is_ready(here: Site) -> None:
    await here.store.shut()
    try:
        for each in here.services.values():
            await each.until(is_well=False)
    finally:
        await here.store.open()
    await here.well()


@pytest.mark.parametrize("name", ["gateway", "worker-processes", "worker-delivery"])
async def test_told_to_stop_a_service_ends_in_order_within_its_grace(name: str, here: Site) -> None:
    service = here.services[name]
    code = await service.stopped()
    await service.start()
    await here.well()

    assert code == 0, service.told()


async def test_with_one_domain_down_the_others_go_on_and_nothing_is_lost(here: Site) -> None:
    """R-086."""
    finance = here.services["worker-finance"]
    before = await _companies(here)
    await finance.stopped()
    winning = asyncio.create_task(here.deals.active())
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while await _companies(here) == before:  # noqa: ASYNC110 - the store tells nobody
                await asyncio.sleep(0.05)
        assert not winning.done()
        assert all(
            [await each.is_well() for name, each in here.services.items() if each is not finance]
        )
    finally:
        await finance.start()
    await finance.until(is_well=True)

    assert (await winning).project.contract


async def _companies(here: Site) -> int:
    query = select(IntentRow).where(
        IntentRow.kind == Kind.CLIENT_PSA, IntentRow.state == State.CONFIRMED
    )
    async with here.running.database.reading() as tx:
        return len((await tx.exec(query)).all())
