"""Cases: what a person reads of a parked step, in the vendor's own words where there are any."""

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.cases import CaseRecords, CasesOpened, OpenCases
from activities.clients import OpenClient, PsaClients
from canonical.cases import Case, Defect
from canonical.clients import ClientId
from canonical.contracts import ContractId
from store import cases
from store.database import Database
from tests.activities import house
from tests.fakes import money
from tests.ports import FakePsa

WORKFLOW = "onboard:crm-main:001A:erp-main:1"
REASON = "Kim Allen: email has already been taken"


def _defect(field: str) -> Defect:
    return Defect(
        error_class="E05",
        subject="crm-main:001A",
        field=field,
        owner="sales_ops",
        text=f"account has no {field}: fill it in the CRM",
    )


def _question(**changes: object) -> OpenCases:
    asked: dict[str, object] = {
        "workflow": WORKFLOW,
        "step": "Open in the PSA",
        "subject": "crm-main:001A",
    }
    return OpenCases.model_validate(asked | changes)


async def _open(database: Database, question: OpenCases) -> CasesOpened:
    return await ActivityEnvironment().run(CaseRecords(database).open, question)


async def _all(database: Database) -> list[Case]:
    async with database.reading() as tx:
        return list(await cases.all_cases(tx))


async def test_each_defect_is_a_case_of_its_own(database: Database) -> None:
    question = _question(defects=(_defect("payment terms"), _defect("tax id")))

    opened = await _open(database, question)

    assert opened.error_class == "E05"
    found = {case.id: case for case in await _all(database)}
    assert tuple(found) == opened.cases
    case = found[opened.cases[1]]
    assert (case.owner, case.text) == (
        "sales_ops",
        "account has no tax id: fill it in the CRM",
    )
    assert case.root_cause == "E05/crm-main:001A/tax id"
    assert case.certainty == "not_sent"


async def test_the_vendors_own_words_reach_the_case_and_no_history(database: Database) -> None:
    await house.won(database)
    psa = FakePsa()
    psa.refuses("create_client", REASON)
    steps = PsaClients(psa, database, house.effects(database), settle=house.AT_ONCE)
    asked = OpenClient(client=ClientId("CL-00001"), routes=house.ROUTES)
    with pytest.raises(ApplicationError) as caught:
        await ActivityEnvironment().run(steps.open, asked)

    opened = await _open(
        database,
        _question(
            error=caught.value.type, text=caught.value.message, effect=caught.value.details[0]
        ),
    )

    [case] = await _all(database)
    assert case.text == REASON
    assert (case.error_class, case.owner, case.certainty) == ("E05", "finance", "rejected")
    told = f"{caught.value!r} {caught.value.details} {opened.model_dump_json()}"
    assert "Kim" not in told


async def test_without_the_vendors_words_the_case_has_the_steps(database: Database) -> None:
    text = "erp-main has no payment_terms for 'NET45' on 2026-06-01 (USMF): add the mapping"

    await _open(database, _question(error="MappingMissingError", text=text))

    [case] = await _all(database)
    assert (case.text, case.error_class) == (text, "E06")


async def test_an_effect_that_was_never_planned_has_no_words(database: Database) -> None:
    await _open(database, _question(error="Transient", text="fake: 503", effect="never/planned"))

    [case] = await _all(database)
    assert case.text == "fake: 503"


async def test_an_unknown_outcome_is_said_to_be_unknown(database: Database) -> None:
    await _open(database, _question(error="OutcomeUnknownError", text="OutcomeUnknownError"))

    [case] = await _all(database)
    assert (case.error_class, case.certainty) == ("E03", "outcome_unknown")


async def test_what_nobody_foresaw_is_a_code_defect(database: Database) -> None:
    await _open(database, _question(error="ZeroDivisionError", text="division by zero"))

    [case] = await _all(database)
    assert (case.error_class, case.owner) == ("E21", "integration")


async def test_says_what_is_at_risk(database: Database) -> None:
    await house.won(database)

    await _open(database, _question(error="Rejected", contract=ContractId("CT-00001")))

    [case] = await _all(database)
    assert case.at_risk == money("2480.00")


async def test_a_step_parked_again_is_the_same_case(database: Database) -> None:
    first = await _open(database, _question(error="Rejected", text="refused"))
    await ActivityEnvironment().run(CaseRecords(database).close, first)
    again = await _open(database, _question(error="Rejected", text="refused for another reason"))

    [case] = await _all(database)
    assert first == again
    assert (case.is_open, case.text) == (True, "refused for another reason")


async def test_a_step_that_goes_on_closes_its_cases(database: Database) -> None:
    opened = await _open(database, _question(defects=(_defect("name"), _defect("tax id"))))

    for _ in range(2):
        await ActivityEnvironment().run(CaseRecords(database).close, opened)

    assert [case.is_open for case in await _all(database)] == [False, False]
