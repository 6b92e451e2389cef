from datetime import timedelta

import pytest
from pydantic import ValidationError

from canonical.landscape import Landscape, UnknownEntityError
from canonical.organization import EntityId
from canonical.systems import SystemId
from tests.fakes import CRM, ERP, PSA, USMF

_MAKERS = {
    **dict.fromkeys(("cost", "invoice"), "tiebeam"),
    **dict.fromkeys(("tax", "realized_fx", "revaluation", "revenue"), "erp"),
    **dict.fromkeys(("accrual", "accrual_reversal", "intercompany"), "nobody"),
}


def _system(name: str, role: str, **changes: object) -> dict[str, object]:
    place = {"vendor": "acme", "url": "http://127.0.0.1:1", "credential": name}
    return {"id": name, "role": role} | place | changes


def _landscape(**changes: object) -> Landscape:
    entity = {"id": USMF, "name": "Inc.", "country": "US", "currency": "USD", "time_zone": "UTC"}
    complete: dict[str, object] = {
        "systems": [_system(CRM, "crm"), _system(PSA, "psa"), _system(ERP, "erp")],
        "entities": [entity],
        "routes": {USMF: {"crm": CRM, "psa": PSA, "erp": ERP}},
        "makers": {ERP: _MAKERS},
    }
    return Landscape.model_validate(complete | changes)


def test_finds_its_systems_and_entities() -> None:
    landscape = _landscape()

    assert landscape.system(ERP).role == "erp"
    assert landscape.entity(USMF).currency == "USD"


def test_names_an_entity_that_it_does_not_have() -> None:
    with pytest.raises(UnknownEntityError, match="GBSI"):
        _landscape().entity(EntityId("GBSI"))


def test_a_lost_answer_is_settled_after_the_longest_request_and_the_read_lag() -> None:
    system = _system(CRM, "crm", longest_request="PT2S", read_lag="PT3S")
    landscape = _landscape(systems=[system, _system(PSA, "psa"), _system(ERP, "erp")])

    assert landscape.system(CRM).settle == timedelta(seconds=5)


def test_waits_for_minutes_where_nobody_says_how_long_a_request_takes() -> None:
    assert _landscape().system(SystemId("psa-main")).settle == timedelta(minutes=5, seconds=30)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"routes": {}}, r"add \[entities.USMF\] crm, psa, erp"),
        (
            {"routes": {USMF: {"crm": CRM, "psa": PSA, "erp": "erp-2"}}},
            "USMF: erp = 'erp-2' is not a system of that role",
        ),
        (
            {"routes": {USMF: {"crm": CRM, "psa": CRM, "erp": ERP}}},
            "USMF: psa = 'crm-main' is not a system of that role",
        ),
        ({"routes": {USMF: {"crm": CRM, "psa": PSA}}}, "erp"),
        ({"makers": {}}, r"add \[makers.erp-main\]"),
        ({"makers": {ERP: _MAKERS | {"cost": "somebody"}}}, "cost"),
        ({"makers": {ERP: _MAKERS | {"revenue": "tiebeam"}}}, "revenue"),
        ({"makers": {ERP: {"cost": "tiebeam"}}}, "accrual"),
        ({"makers": {ERP: _MAKERS, "erp-2": _MAKERS}}, r"\[makers.erp-2\] is of no ERP"),
        ({"posting_shards": 0}, "posting_shards"),
        ({"systems": [_system(CRM, "crm", longest_request="PT0S")]}, "longest_request"),
        ({"systems": [_system(CRM, "crm", read_lag="-PT1S")]}, "read_lag"),
        ({"systems": [_system(CRM, "crm", requests_per_second=0)]}, "requests_per_second"),
        ({"systems": [_system(CRM, "mail")]}, "role"),
        ({"systems": [_system(CRM, "crm", speed="fast")]}, "speed"),
    ],
    ids=[
        "no-routes",
        "unknown-system",
        "wrong-role",
        "half-a-route",
        "no-makers",
        "unknown-maker",
        "maker-of-another-version",
        "missing-maker",
        "maker-of-nobody",
        "no-shards",
        "no-patience",
        "negative-lag",
        "no-budget",
        "unknown-role",
        "unknown-key",
    ],
)
def test_refuses_routes_that_lead_nowhere_and_says_what_to_add(
    changes: dict[str, object], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        _landscape(**changes)


def test_a_limit_for_approval_is_never_a_float() -> None:
    routes = {USMF: {"crm": CRM, "psa": PSA, "erp": ERP, "approval_above": 0.5}}

    with pytest.raises(ValidationError, match="never a float"):
        _landscape(routes=routes)
