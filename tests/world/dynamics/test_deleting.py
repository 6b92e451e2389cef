from tests.world.dynamics.firm import Firm, Row, infolog

_AREA: Row = {"dataAreaId": "usmf"}
_CONTRACT = "ProjectContracts(dataAreaId='usmf',ProjectContractID='C2')"
_PROJECT = "ProjectsV2(dataAreaId='usmf',ProjectId='P2')"


async def _deal(firm: Firm) -> None:
    await firm.create("ProjectContracts", **_AREA, ProjectContractID="C2", Name="Audit")
    await firm.create(
        "ProjectFundingSources",
        **_AREA,
        ProjectContractID="C2",
        FundingSourceId="Customer",
        FundingType="Customer",
        CustomerOrOrganization="US-001",
    )
    await firm.create(
        "ProjectsV2",
        **_AREA,
        ProjectId="P2",
        ProjectName="Audit",
        ProjectGroupId="TM",
        ProjectContractId="C2",
    )


async def test_what_nothing_refers_to_is_deleted_with_what_lives_by_it(firm: Firm) -> None:
    await _deal(firm)

    answers = [await firm.delete(_PROJECT), await firm.delete(_CONTRACT)]

    assert [answer.status_code for answer in answers] == [204, 204]
    assert await firm.rows("ProjectFundingSources", "ProjectContractID eq 'C2'") == []
    assert await firm.rows("FinancialDimensionValues", "DimensionValue eq 'P2'") == []


async def test_a_contract_with_projects_is_not_deleted(firm: Firm) -> None:
    await _deal(firm)

    answer = await firm.delete(_CONTRACT)

    assert answer.status_code == 400
    assert "has projects and cannot be deleted" in infolog(answer)


async def test_a_project_with_posted_hours_is_not_deleted_but_is_completed(
    firm: Firm,
) -> None:
    await _deal(firm)
    await firm.post_hours(await firm.journal({"ProjectID": "P2"}))

    refused = await firm.delete(_PROJECT)
    ended = await firm.patch(_PROJECT, ProjectStage="Completed")

    assert "has transactions in Posted project transactions" in infolog(refused)
    assert ended.status_code == 204


async def test_nothing_of_a_project_is_deleted_where_the_set_does_not_allow_it(
    firm: Firm,
) -> None:
    await _deal(firm)
    await firm.settings(projects_deletable=False)

    answers = [await firm.delete(_PROJECT), await firm.delete(_CONTRACT)]

    assert [answer.status_code for answer in answers] == [400, 400]
