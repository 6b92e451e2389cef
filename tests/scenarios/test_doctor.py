"""The doctor on a whole stack: well when all is well, else what is wrong, each with its fix."""

import json
import os
import sys
from asyncio import create_subprocess_exec, subprocess
from pathlib import Path

from google.protobuf.duration_pb2 import Duration
from sqlmodel import col, delete
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client

import settings
import starter
from console.doctor import engine
from store import mappings
from store.tables.reference import MappingRow
from tests import tryton_server
from tests.scenarios import patient

_ROOT = Path(__file__).parents[2]


async def test_a_healthy_stack_gives_no_warning(stack: starter.Running, folder: Path) -> None:
    found = await patient.examined(stack.config, folder)

    assert patient.wrong(found) == {}
    assert set(found) == {
        "stack",
        "crm-main (salesforce)",
        "psa-main (kantata)",
        "erp-main (dynamics)",
    }
    assert all(len(findings) > 5 for findings in found.values())


async def test_a_healthy_stack_on_a_real_erp_gives_no_warning(
    on_tryton: starter.Running,
) -> None:
    tryton_server.required()

    found = await patient.examined(on_tryton.config, on_tryton.config.credentials.parent)

    assert patient.wrong(found) == {}
    assert {"models", "rights", "period (USMF)"} <= {
        finding.what for finding in found["erp-tryton (tryton)"]
    }


async def test_a_role_that_nobody_mapped_is_told(stack: starter.Running, folder: Path) -> None:
    role = col(MappingRow.kind) == "role", col(MappingRow.ours) == "Manager"
    async with stack.database.transaction() as tx:
        await tx.exec(delete(MappingRow).where(*role))
    try:
        found = patient.wrong(await patient.examined(stack.config, folder))
    finally:
        async with stack.database.transaction() as tx:
            await mappings.add(tx, settings.load_mappings(stack.config.mappings))

    only = patient.only(found, "psa-main: role Manager", "warning")
    assert 'ours = "Manager"' in only.fix


async def test_a_row_that_will_be_needed_is_told(stack: starter.Running, folder: Path) -> None:
    terms = col(MappingRow.kind) == "tax_group", col(MappingRow.ours) == "reverse_charge"
    async with stack.database.transaction() as tx:
        await tx.exec(delete(MappingRow).where(*terms))
    try:
        found = patient.wrong(await patient.examined(stack.config, folder))
    finally:
        async with stack.database.transaction() as tx:
            await mappings.add(tx, settings.load_mappings(stack.config.mappings))

    only = patient.only(found, "stack: mapping tax_group", "broken")
    assert "tiebeam mappings load" in only.fix


async def test_a_schedule_that_is_paused_is_told(stack: starter.Running, folder: Path) -> None:
    handle = stack.client.get_schedule_handle("collect:psa-main")
    await handle.pause()
    try:
        found = patient.wrong(await patient.examined(stack.config, folder))
    finally:
        await handle.unpause()

    only = patient.only(found, "stack: schedule collect:psa-main", "warning")
    assert "--unpause" in only.fix


async def test_a_queue_that_nobody_polls_and_a_schedule_that_is_not_there_are_told(
    stack: starter.Running,
) -> None:
    psa = next(each for each in stack.landscape.systems if each.role == "psa")
    second = psa.model_copy(update={"id": "psa-second"})
    landscape = stack.landscape.model_copy(update={"systems": (*stack.landscape.systems, second)})

    found = await engine.examine(stack.client, landscape)

    wrong = {each.what: each for each in found if each.severity != "ok"}
    assert set(wrong) == {"schedule collect:psa-second", "task queue system.psa-second"}
    assert "--queues system.psa-second" in wrong["task queue system.psa-second"].fix


async def test_a_namespace_that_is_not_there_is_told(stack: starter.Running) -> None:
    address = stack.client.service_client.config.target_host
    nowhere = await Client.connect(address, namespace="nowhere")

    (only,) = await engine.examine(nowhere, stack.landscape)

    assert (only.what, only.severity) == ("namespace nowhere", "broken")
    assert "namespace create" in only.fix


async def test_a_namespace_that_was_never_set_up_is_told(stack: starter.Running) -> None:
    request = RegisterNamespaceRequest(
        namespace="bare", workflow_execution_retention_period=Duration(seconds=86400)
    )
    await stack.client.workflow_service.register_namespace(request)
    address = stack.client.service_client.config.target_host
    bare = await Client.connect(address, namespace="bare")

    found = await patient.known(bare, stack.landscape)

    wrong = {each.what: each.fix for each in found if each.severity == "broken"}
    assert "tiebeam temporal setup" in wrong["search attribute TiebeamContract"]
    assert "tiebeam temporal setup" in wrong["schedule collect:psa-main"]
    assert "--queues processes" in wrong["task queue processes"]


async def test_a_gateway_that_is_down_is_told(stack: starter.Running, folder: Path) -> None:
    config = stack.config.model_copy(update={"gateway_port": 9})

    only = patient.only(
        patient.wrong(await patient.examined(config, folder)), "stack: gateway", "broken"
    )

    assert "tiebeam gateway" in only.fix


async def test_a_store_without_a_schema_is_told(
    stack: starter.Running, folder: Path, tmp_path: Path
) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"

    found = patient.wrong(
        await patient.examined(stack.config.model_copy(update={"store_url": url}), folder)
    )

    assert found["stack: schema"].fix == "run `tiebeam database upgrade`"


async def test_the_command_tells_a_program_what_it_found_and_no_secret(
    stack: starter.Running, folder: Path
) -> None:
    code, output = await _tiebeam("--state", str(folder), "--json")

    told = json.loads(output)
    assert (code, told["summary"]["broken"], told["summary"]["warning"]) == (0, 0, 0)
    assert {each["subject"] for each in told["findings"]} >= {"stack", "erp-main (dynamics)"}
    every = settings.load_credentials(stack.config.credentials).values()
    secrets = [secret.get_secret_value() for section in every for secret in section.values()]
    assert not [secret for secret in secrets if secret in output]


async def test_the_command_examines_what_the_environment_names(
    folder: Path, tmp_path: Path
) -> None:
    lines = (folder / "env").read_text().splitlines()
    environment = dict(line.split("=", 1) for line in lines)

    code, output = await _tiebeam(cwd=tmp_path, **environment)
    down = environment | {"TIEBEAM_GATEWAY_PORT": "9"}
    broken, told = await _tiebeam(cwd=tmp_path, **down)
    here = f"http://127.0.0.1:{environment['TIEBEAM_GATEWAY_PORT']}"
    elsewhere, _ = await _tiebeam("--gateway", here, cwd=tmp_path, **down)

    assert (code, broken, elsewhere) == (0, 1, 0)
    assert "broken: 0, warnings: 0" in output
    assert "broken: 1" in told


async def test_the_command_examines_one_system_where_only_its_credentials_are(
    folder: Path, tmp_path: Path
) -> None:
    kept = settings.load_credentials(folder / "credentials.toml")["psa-main"]
    token = json.dumps(kept["token"].get_secret_value())
    (tmp_path / "credentials.toml").write_text(f"[psa-main]\ntoken = {token}\n")
    lines = (folder / "env").read_text().splitlines()
    environment = dict(line.split("=", 1) for line in lines)
    environment |= {"TIEBEAM_CREDENTIALS": str(tmp_path / "credentials.toml")}

    one, told = await _tiebeam("--system", "psa-main", cwd=tmp_path, **environment)
    every, _ = await _tiebeam(cwd=tmp_path, **environment)
    none, _ = await _tiebeam("--system", "psa-other", cwd=tmp_path, **environment)

    assert (one, every, none) == (0, 1, 2)
    assert "psa-main (kantata)" in told
    assert "(salesforce)" not in told


async def test_nothing_that_answers_is_told_by_the_exit_code(tmp_path: Path) -> None:
    nowhere = {"TIEBEAM_TEMPORAL_ADDRESS": "127.0.0.1:9", "TIEBEAM_GATEWAY_PORT": "9"}

    code, output = await _tiebeam(cwd=tmp_path, **nowhere)

    assert code == 3
    assert "no Temporal server answers" in output
    assert "credentials.toml" in output


async def _tiebeam(*arguments: str, cwd: Path = _ROOT, **environment: str) -> tuple[int, str]:
    process = await create_subprocess_exec(
        *(sys.executable, str(_ROOT / "starter.py"), "doctor", *arguments),
        cwd=cwd,
        env=os.environ | {"COLUMNS": "200"} | environment,
        stdout=subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()
