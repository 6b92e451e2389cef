"""How an examination judges clocks, refusals and codes, whatever the vendor."""

from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from canonical.findings import Brief, Finding, well
from canonical.mappings import Mapping, Mappings
from connectors import errors, examination
from connectors.examination import Clocks, Plan
from tests.fakes import DEMF, ERP, USMF, mapping

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
STRICT = Clocks(ahead=timedelta(seconds=10), behind=timedelta(seconds=170))


@pytest.mark.parametrize(
    ("ahead", "severity"),
    [
        (0, "ok"),
        (1.9, "ok"),
        (4, "ok"),
        (6, "warning"),
        (10, "warning"),
        (11, "broken"),
        (-80, "ok"),
        (-90, "warning"),
        (-171, "broken"),
    ],
)
def test_a_clock_is_judged_by_how_far_it_may_be_off(ahead: float, severity: str) -> None:
    told = format_datetime(NOW - timedelta(seconds=ahead), usegmt=True)

    judged = STRICT.judge(NOW.replace(microsecond=0), told)

    assert judged.severity == severity


@pytest.mark.parametrize("told", ["", "yesterday"])
def test_answers_that_tell_no_time_are_no_trouble(told: str) -> None:
    assert STRICT.judge(NOW, told).severity == "ok"


@pytest.mark.parametrize(
    ("failure", "begins"),
    [
        (errors.Unauthorized("v", "token endpoint answered 401"), "refused: "),
        (errors.Unauthorized("v", "no", reason="The secret keys are expired."), "expired: "),
        (errors.Transient("v", "answered 503"), "cannot be tried: "),
        (errors.Drifted("v", "answered a page"), "cannot be tried: "),
    ],
)
def test_a_failed_sign_in_says_which(failure: errors.ConnectorError, begins: str) -> None:
    found = examination.refused(failure, "correct the secret")

    assert (found.what, found.severity) == ("credentials", "broken")
    assert found.found.startswith(begins)
    assert "keys" not in found.found  # the vendor's own words stay out


@pytest.mark.parametrize(
    ("failure", "what"),
    [
        (errors.Unauthorized("v", "answered 403"), "rights"),
        (errors.Transient("v", "answered 429"), "roles"),
        (errors.Rejected("v", "answered 400"), "roles"),
    ],
)
async def test_a_look_that_fails_is_a_finding_with_a_fix(
    failure: errors.ConnectorError, what: str
) -> None:
    async def look() -> tuple[Finding, ...]:
        raise failure

    (found,) = await examination.looked("roles", look)

    assert (found.what, found.severity) == (what, "broken")
    assert found.fix


def _brief(*rows: Mapping) -> Brief:
    return Brief(
        entities=(), today=date(2026, 6, 15), mappings=Mappings(system=ERP, rows=tuple(rows))
    )


def test_a_code_is_found_whatever_its_case() -> None:
    brief = _brief(mapping("payment_terms", "NET30", "Net30"))

    (found,) = examination.mapped(brief, "payment_terms", ["NET30"], thing="term")

    assert found.severity == "ok"


def test_a_code_counts_for_its_own_entity_only() -> None:
    own = mapping("tax_group", "domestic", "DOM-DE").model_copy(update={"entity": DEMF})

    elsewhere = examination.mapped(_brief(own), "tax_group", [], thing="tax", entity=USMF)
    (here,) = examination.mapped(_brief(own), "tax_group", [], thing="tax", entity=DEMF)

    assert list(elsewhere) == []
    assert (here.severity, "'DOM-DE'" in here.found) == ("broken", True)


def _plan(**changes: object) -> Plan:
    async def accepted() -> tuple[Finding, ...]:
        return (well("credentials", "accepted"),)

    async def never() -> tuple[Finding, ...]:
        raise AssertionError

    complete = {"path": "/", "signs_in": accepted, "credentials": "do", "looks": (("x", never),)}
    return Plan(**complete | changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("status", [500, 503])
async def test_nothing_is_looked_at_behind_a_system_that_is_down(status: int) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(status))
    async with httpx.AsyncClient(transport=transport, base_url="https://v.test") as http:
        (found,) = await examination.carried_out(http, _plan())

    assert (found.what, found.severity) == ("reach", "broken")


async def test_a_certificate_that_nobody_trusts_is_unreachable() -> None:
    def untrusted(request: httpx.Request) -> httpx.Response:
        message = "certificate verify failed"
        raise httpx.ConnectError(message, request=request)

    transport = httpx.MockTransport(untrusted)
    async with httpx.AsyncClient(transport=transport, base_url="https://v.test") as http:
        (found,) = await examination.carried_out(http, _plan())

    assert found.found == "unreachable: ConnectError"
    assert "certificate" in found.fix
