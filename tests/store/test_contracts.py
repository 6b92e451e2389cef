from datetime import date

import pytest
from sqlalchemy.exc import NoResultFound

from canonical.contracts import Contract, ContractId
from canonical.projects import Project, ProjectCode
from store import contracts, trail
from store.contracts import UnknownProjectError
from store.database import Database
from store.tables.parties import ContractRow, ProjectRow
from tests.fakes import contract, milestones, price, project, time_and_materials
from tests.store.trails import actions

_CONTRACT = ContractId("CT-00001")
_CODE = ProjectCode("PR-00001")


async def _save(database: Database, *kept: Contract) -> None:
    async with database.transaction() as tx:
        for each in kept:
            await contracts.save(tx, each)


async def _open(database: Database, *projects: Project) -> None:
    async with database.transaction() as tx:
        for each in projects:
            await contracts.save_project(tx, each)


async def _billed_until(database: Database, *days: date) -> date | None:
    async with database.transaction() as tx:
        for day in days:
            await contracts.mark_billed(tx, _CONTRACT, day)
        return await contracts.billed_until(tx, _CONTRACT)


@pytest.mark.parametrize(
    "kept",
    [contract(), contract(lines=(milestones("36000.00", "84000.00"),))],
    ids=["time-and-materials", "milestones"],
)
async def test_a_contract_comes_back_as_it_was(database: Database, kept: Contract) -> None:
    await _save(database, kept)

    async with database.reading() as tx:
        assert await contracts.get(tx, _CONTRACT) == kept
        assert await contracts.find(tx, _CONTRACT) == kept


async def test_a_contract_is_kept_as_last_saved(database: Database) -> None:
    extended = contract(service_until=date(2026, 9, 30))
    await _save(database, contract(), contract(), extended)

    async with database.reading() as tx:
        assert await contracts.get(tx, _CONTRACT) == extended
    assert await actions(database, "CT-00001") == ["contract.activated", "contract.changed"]


async def test_a_contract_that_is_not_activated_is_not_found(database: Database) -> None:
    async with database.reading() as tx:
        assert await contracts.find(tx, _CONTRACT) is None
        with pytest.raises(NoResultFound):
            await contracts.get(tx, _CONTRACT)


async def test_time_is_billed_up_to_the_latest_day(database: Database) -> None:
    await _save(database, contract())
    assert await _billed_until(database) is None

    june, july = date(2026, 6, 30), date(2026, 7, 31)

    assert await _billed_until(database, june) == june
    assert await _billed_until(database, july, june) == july


async def test_a_contracts_project_has_one_code(database: Database) -> None:
    async with database.transaction() as tx:
        code = await contracts.project_code(tx, _CONTRACT)
        await contracts.save_project(tx, project(code))

        assert await contracts.project_code(tx, _CONTRACT) == code == "PR-00001"
        assert await contracts.project_code(tx, ContractId("CT-00002")) == "PR-00002"


async def test_each_workstream_of_a_contract_has_a_code_of_its_own(database: Database) -> None:
    async with database.transaction() as tx:
        build = await contracts.project_code(tx, _CONTRACT, "Build")
        await contracts.save_project(tx, project(build, workstream="Build"))
        design = await contracts.project_code(tx, _CONTRACT, "Design")
        await contracts.save_project(tx, project(design, workstream="Design"))

        assert (build, design) == ("PR-00001", "PR-00002")
        assert await contracts.project_code(tx, _CONTRACT, "Build") == build
        assert await contracts.project_code(tx, ContractId("CT-00002"), "Build") == "PR-00003"


async def test_what_was_stored_before_workstreams_is_one_project_of_one_line(
    database: Database,
) -> None:
    """Rows as they were written by the version before."""
    terms = (
        '{"model":"time_and_materials","prices":[{"role":"CONSULTANT","rate":{"currency":"USD",'
        '"per_hour":"150"},"valid_from":"2026-06-01"}],"frequency":"monthly"}'
    )
    agreed = (
        '{"id":"CT-00001","opportunity":{"system":"crm-main","value":"006A"},"client":"CL-00001",'
        '"entity":"USMF","name":"ERP rollout","currency":"USD","price":{"currency":"USD",'
        '"amount":"2480.00"},"practice":"ERP","service_from":"2026-06-01","service_until":'
        '"2026-07-31","purchase_order":null,"cap":null,"billing_threshold":null,'
        f'"lines":[{{"number":1,"terms":{terms}}}]}}'
    )
    planned = (
        '{"code":"PR-00001","contract":"CT-00001","client":"CL-00001","entity":"USMF","name":'
        '"ERP rollout","currency":"USD","starts_on":"2026-06-01","ends_on":"2026-07-31",'
        '"dimensions":{"business_unit":"040","project":"PR-00001"},"milestones":[]}'
    )
    until = date(2026, 7, 31)
    async with database.transaction() as tx:
        tx.add(
            ContractRow(
                id=_CONTRACT, client="CL-00001", entity="USMF", content=agreed, service_until=until
            )
        )
        tx.add(ProjectRow(code=_CODE, contract=_CONTRACT, content=planned))

    async with database.reading() as tx:
        kept = await contracts.get(tx, _CONTRACT)
        plan = await contracts.project(tx, _CODE)
        assert await contracts.project_code(tx, _CONTRACT) == _CODE
    assert kept.line_of(plan.workstream) == time_and_materials(price("150"))
    assert (kept.model_dump_json(), plan.model_dump_json()) == (agreed, planned)


async def test_a_project_is_kept_as_last_saved(database: Database) -> None:
    renamed = project(name="ERP rollout, phase 2")
    await _open(database, project(), project(), renamed)

    async with database.reading() as tx:
        assert await contracts.project(tx, _CODE) == renamed
    assert await actions(database, "PR-00001") == ["project.opened", "project.changed"]


async def test_a_contracts_projects_are_found_by_code(database: Database) -> None:
    await _open(database, project("PR-00002"), project("PR-00001"))
    await _open(database, project("PR-00003", contract="CT-00002"))

    async with database.reading() as tx:
        found = await contracts.projects(tx, _CONTRACT)
    assert [each.code for each in found] == ["PR-00001", "PR-00002"]


async def test_a_code_that_is_none_of_ours_is_named(database: Database) -> None:
    """R-012."""
    async with database.reading() as tx:
        with pytest.raises(UnknownProjectError, match="PR-00009"):
            await contracts.project(tx, ProjectCode("PR-00009"))


async def test_a_project_is_activated_once(database: Database) -> None:
    """R-055: exactly one activation event."""
    await _open(database, project())

    for _ in range(2):
        async with database.transaction() as tx:
            await contracts.activate_project(tx, _CODE)

    async with database.reading() as tx:
        (event,) = await trail.events(tx)
    assert (event.type, event.subject) == ("project.activated", "PR-00001")
    assert event.data == {"contract": "CT-00001"}
    assert await actions(database, "PR-00001") == ["project.opened", "project.activated"]
