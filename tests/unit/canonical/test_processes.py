import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical import processes
from canonical.contracts import ContractId
from canonical.organization import EntityId
from canonical.processes import InvoiceRequest, Lane, OnboardingRequest, Routes
from canonical.projects import ProjectCode
from canonical.systems import SystemId
from tests.fakes import CRM, ERP, PSA, USMF, foreign

_ROUTES = Routes(entity=USMF, crm=CRM, psa=PSA, erp=ERP)
_WORDS = st.from_regex(r"[A-Za-z0-9-]{1,8}", fullmatch=True)
_NUMBERS = st.integers(0, 20)
_LANES = st.builds(Lane, erp=_WORDS.map(SystemId), entity=_WORDS.map(EntityId), shard=_NUMBERS)


def _onboarding(account: str = "001A", erp: str = ERP, number: int = 1) -> OnboardingRequest:
    routes = _ROUTES.model_copy(update={"erp": erp})
    return OnboardingRequest(
        account=foreign(CRM, account), routes=routes, number=number, asked_by="kim@firm.test"
    )


def _invoice(contract: str = "CT-00001", cycle: int = 2, revision: int = 1) -> InvoiceRequest:
    return InvoiceRequest(
        contract=ContractId(contract),
        cycle=cycle,
        revision=revision,
        opportunity=foreign(CRM, "006A"),
        routes=_ROUTES,
    )


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        (processes.engagement_id(foreign(CRM, "006A"), 2), "engagement:crm-main:006A:2"),
        (processes.client_id(foreign(CRM, "001A")), "client:crm-main:001A"),
        (processes.onboarding_id(_onboarding()), "onboard:crm-main:001A:erp-main:1"),
        (processes.contract_id(ContractId("CT-00001")), "contract:CT-00001"),
        (processes.project_id(ProjectCode("PR-00001")), "project:PR-00001"),
        (processes.posting_id(Lane(erp=ERP, entity=USMF, shard=0)), "posting:erp-main:USMF:0"),
        (processes.billing_id(ContractId("CT-00001")), "billing:CT-00001"),
        (processes.invoice_id(_invoice()), "invoice:CT-00001:2:1"),
        (processes.collect_id(PSA), "collect:psa-main"),
    ],
    ids=lambda text: text.partition(":")[0],
)
def test_the_ids_are_those_of_the_design(identity: str, expected: str) -> None:
    assert identity == expected


def test_who_asked_for_an_onboarding_is_no_part_of_its_id() -> None:
    assert "kim" not in processes.onboarding_id(_onboarding())


@given(st.lists(st.tuples(_WORDS, _NUMBERS), unique=True))
def test_two_wins_never_share_an_id(wins: list[tuple[str, int]]) -> None:
    ids = {processes.engagement_id(foreign(CRM, deal), number) for deal, number in wins}

    assert len(ids) == len(wins)


@given(st.lists(st.tuples(_WORDS, _WORDS, _NUMBERS), unique=True))
def test_two_onboardings_never_share_an_id(asked: list[tuple[str, str, int]]) -> None:
    assert len({processes.onboarding_id(_onboarding(*each)) for each in asked}) == len(asked)


@given(st.lists(st.tuples(_WORDS, _NUMBERS, _NUMBERS), unique=True))
def test_two_revisions_never_share_an_id(asked: list[tuple[str, int, int]]) -> None:
    assert len({processes.invoice_id(_invoice(*each)) for each in asked}) == len(asked)


@given(st.lists(_LANES, unique=True))
def test_two_lanes_never_share_an_id_or_a_key(lanes: list[Lane]) -> None:
    assert len({processes.posting_id(lane) for lane in lanes}) == len(lanes)
    assert len({lane.key for lane in lanes}) == len(lanes)


@given(_LANES)
def test_a_lane_is_found_again_from_its_key(lane: Lane) -> None:
    assert Lane.parse(lane.key) == lane


def test_an_invoice_is_named_by_contract_and_cycle() -> None:
    assert _invoice(cycle=3, revision=2).invoice == "CT-00001/3"
