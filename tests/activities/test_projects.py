import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.projects import CrmProjects, PsaProjects
from canonical.contracts import MilestoneTerm
from canonical.projects import ProjectCode
from connectors import errors, ports
from store import contracts, trail
from store.database import Database
from tests.activities import house
from tests.fakes import contract, milestones, opportunity, project
from tests.ports import FakeCrm, FakePsa

CODE = ProjectCode("PR-00001")


def _sold() -> tuple[MilestoneTerm, ...]:
    terms = milestones("36000.00", "84000.00").terms
    assert terms.model == "milestones"
    return terms.milestones


def _psa(database: Database, psa: FakePsa) -> PsaProjects:
    return PsaProjects(psa, database, house.effects(database), settle=house.AT_ONCE)


def _crm(database: Database, crm: FakeCrm) -> CrmProjects:
    return CrmProjects(crm, database, house.effects(database), settle=house.AT_ONCE)


async def test_a_lost_answer_leaves_one_project_shell(database: Database) -> None:
    await house.active(database, has_shell=False)
    psa = house.psa(has_shell=False)
    psa.loses("create_project")
    steps = _psa(database, psa)

    with pytest.raises(ApplicationError) as caught:
        await ActivityEnvironment().run(steps.open_plan, house.PROJECT)
    shell = await ActivityEnvironment().run(steps.open_plan, house.PROJECT)

    assert caught.value.type == "Uncertain"
    assert psa.projects == {shell: CODE}
    assert await house.linked(database, "project", CODE, shell) == shell


async def test_opens_no_shell_for_a_client_that_the_psa_does_not_have(database: Database) -> None:
    await house.won(database)
    psa = FakePsa()

    with pytest.raises(ApplicationError) as caught:
        await ActivityEnvironment().run(_psa(database, psa).open_plan, house.PROJECT)
    assert caught.value.type == "UnknownProjectError"
    assert psa.calls == []


async def test_opens_each_milestone_once(database: Database) -> None:
    await house.active(database, plan=project(milestones=_sold()))
    psa = house.psa()
    psa.loses("create_milestones")
    steps = _psa(database, psa)

    with pytest.raises(ApplicationError):
        await ActivityEnvironment().run(steps.open_milestones, house.PROJECT)
    assert await ActivityEnvironment().run(steps.open_milestones, house.PROJECT) == 2

    assert list(psa.milestones.values()) == ["CT-00001/M1", "CT-00001/M2"]
    assert psa.calls == ["create_milestones", "find_milestones"]
    for made, ours in psa.milestones.items():
        assert await house.linked(database, "milestone", ours, made) == made


async def test_opens_none_of_the_milestones_while_one_is_refused(database: Database) -> None:
    await house.active(database, plan=project(milestones=_sold()))
    psa = house.psa()
    psa.refuses("create_milestones", "Title has already been taken")
    steps = _psa(database, psa)

    with pytest.raises(ApplicationError) as caught:
        await ActivityEnvironment().run(steps.open_milestones, house.PROJECT)
    assert list(caught.value.details) == ["project/PR-00001/psa/milestones/CT-00001/M1"]
    assert psa.milestones == {}
    assert await ActivityEnvironment().run(steps.open_milestones, house.PROJECT) == 2
    assert len(psa.milestones) == 2


async def test_creates_only_the_milestones_that_are_not_there(database: Database) -> None:
    await house.active(database, plan=project(milestones=_sold()))
    psa = house.psa()
    psa.fails("create_milestones", errors.Uncertain("fake", "the connection was lost"))
    there = psa.fresh()
    psa.milestones[there] = _sold()[1].id
    steps = _psa(database, psa)

    with pytest.raises(ApplicationError):
        await ActivityEnvironment().run(steps.open_milestones, house.PROJECT)
    assert await ActivityEnvironment().run(steps.open_milestones, house.PROJECT) == 2

    assert sorted(psa.milestones.values()) == ["CT-00001/M1", "CT-00001/M2"]
    assert await house.linked(database, "milestone", "CT-00001/M2", there) == there


async def test_a_milestone_that_is_there_twice_is_for_a_person(database: Database) -> None:
    await house.active(database, plan=project(milestones=_sold()))
    psa = house.psa()
    psa.loses("create_milestones")
    psa.milestones[psa.fresh()] = _sold()[1].id
    steps = _psa(database, psa)

    with pytest.raises(ApplicationError):
        await ActivityEnvironment().run(steps.open_milestones, house.PROJECT)
    with pytest.raises(ApplicationError) as caught:
        await ActivityEnvironment().run(steps.open_milestones, house.PROJECT)

    assert (caught.value.type, caught.value.non_retryable) == ("DoubleFoundError", True)


async def test_more_milestones_than_go_into_one_request_go_into_two(database: Database) -> None:
    terms = milestones(*["100.00"] * (ports.MILESTONES_AT_ONCE + 1)).terms
    assert terms.model == "milestones"
    await house.active(database, plan=project(milestones=terms.milestones))
    psa = house.psa()

    made = await ActivityEnvironment().run(_psa(database, psa).open_milestones, house.PROJECT)

    assert (made, psa.calls) == (101, ["create_milestones"] * 2)
    assert len(psa.milestones) == 101


async def test_archives_the_shell_that_we_made(database: Database) -> None:
    await house.active(database, has_shell=False)
    psa = house.psa(has_shell=False)
    steps = _psa(database, psa)
    shell = await ActivityEnvironment().run(steps.open_plan, house.PROJECT)

    for _ in range(2):
        await ActivityEnvironment().run(steps.close_plan, house.PROJECT)

    assert psa.archived == [shell]
    assert psa.calls.count("archive_project") == 1


async def test_archives_a_shell_whose_answer_was_lost(database: Database) -> None:
    await house.active(database, has_shell=False)
    psa = house.psa(has_shell=False)
    psa.loses("create_project")
    steps = _psa(database, psa)
    with pytest.raises(ApplicationError):
        await ActivityEnvironment().run(steps.open_plan, house.PROJECT)

    await ActivityEnvironment().run(steps.close_plan, house.PROJECT)

    assert psa.archived == list(psa.projects)
    assert (await house.states(database))["project/PR-00001/psa"] == "withdrawn"


async def test_archives_both_shells_of_a_project_that_has_two(database: Database) -> None:
    await house.active(database, has_shell=False)
    psa = house.psa(has_shell=False)
    psa.loses("create_project")
    steps = _psa(database, psa)
    with pytest.raises(ApplicationError):
        await ActivityEnvironment().run(steps.open_plan, house.PROJECT)
    psa.projects[psa.fresh()] = CODE

    await ActivityEnvironment().run(steps.close_plan, house.PROJECT)

    assert psa.archived == list(psa.projects)
    assert len(psa.archived) == 2


async def test_never_archives_a_shell_that_no_write_of_ours_made(database: Database) -> None:
    await house.active(database)
    psa = house.psa()

    await ActivityEnvironment().run(_psa(database, psa).close_plan, house.PROJECT)

    assert psa.archived == []


async def test_has_nothing_to_archive_before_there_is_a_shell(database: Database) -> None:
    await house.active(database, has_shell=False)
    psa = house.psa(has_shell=False)

    await ActivityEnvironment().run(_psa(database, psa).close_plan, house.PROJECT)

    assert psa.archived == []


async def test_an_attempt_that_was_paused_opens_nothing_after_it_was_closed(
    database: Database,
) -> None:
    await house.active(database, plan=project(milestones=_sold()))
    psa = house.psa()
    steps = _psa(database, psa)
    await ActivityEnvironment().run(steps.close_plan, house.PROJECT)

    for step in (steps.open_plan, steps.open_milestones):
        with pytest.raises(ApplicationError) as caught:
            await ActivityEnvironment().run(step, house.PROJECT)
        assert caught.value.type == "WithdrawnError"
    assert psa.calls == []
    assert set((await house.states(database)).values()) == {"withdrawn"}


async def test_writes_the_code_on_the_opportunity_once(database: Database) -> None:
    await house.active(database)
    crm = FakeCrm(opportunity())
    steps = _crm(database, crm)

    for _ in range(2):
        await ActivityEnvironment().run(steps.publish, house.PROJECT)

    assert crm.projects == {house.DEAL: (CODE, "active")}
    assert crm.calls == ["record_project"]


async def test_each_project_of_a_deal_writes_the_codes_of_all(database: Database) -> None:
    lines = tuple(
        milestones("400.00").model_copy(update={"workstream": name})
        for name in ("Build", "Training")
    )
    plan = project("PR-00001", workstream="Build")
    await house.active(database, contract(lines=lines), plan)
    async with database.transaction() as tx:
        await contracts.save_project(tx, project("PR-00002", workstream="Training"))
        await contracts.save_project(tx, project("PR-00003", workstream="Sold no more"))
    crm = FakeCrm(opportunity())
    steps = _crm(database, crm)

    for code in ("PR-00001", "PR-00002"):
        told = house.PROJECT.model_copy(update={"project": ProjectCode(code)})
        await ActivityEnvironment().run(steps.publish, told)

    assert crm.projects == {house.DEAL: ("PR-00001, PR-00002", "active")}


async def test_takes_back_what_it_wrote_and_nothing_else(database: Database) -> None:
    await house.active(database, plan=project("PR-00002"))
    crm = FakeCrm(opportunity())
    steps = _crm(database, crm)
    await ActivityEnvironment().run(steps.close, house.PROJECT)
    untouched = dict(crm.projects)

    told = house.PROJECT.model_copy(update={"project": ProjectCode("PR-00002")})
    crm.loses("record_project")
    with pytest.raises(ApplicationError):
        await ActivityEnvironment().run(steps.publish, told)
    for _ in range(2):
        await ActivityEnvironment().run(steps.close, told)

    assert untouched == {}
    assert crm.projects == {house.DEAL: ("PR-00002", "cancelled")}
    assert crm.calls == ["record_project", "record_project"]


async def test_an_opportunity_that_is_gone_is_for_a_person(database: Database) -> None:
    await house.active(database)
    steps = _crm(database, FakeCrm())

    with pytest.raises(ApplicationError) as caught:
        await ActivityEnvironment().run(steps.publish, house.PROJECT)
    assert caught.value.type == "Missing"
    assert await house.states(database) == {"project/PR-00001/crm/active": "rejected"}


async def test_publishes_once_that_a_project_is_active(database: Database) -> None:
    await house.active(database)
    steps = _crm(database, FakeCrm(opportunity()))

    for _ in range(2):
        await ActivityEnvironment().run(steps.publish, house.PROJECT)

    async with database.reading() as tx:
        events = [(event.type, event.subject) for event in await trail.events(tx)]
    assert events == [("project.activated", CODE)]
