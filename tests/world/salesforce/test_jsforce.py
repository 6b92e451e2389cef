"""jsforce against the sandbox: a client that this project did not write, in its own language."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import node
from tests.world.salesforce.house import APP, OTHER_KEY, assertion
from tests.world.salesforce.secured import ACCOUNTS, SECRET, Secured, secured

_PROGRAM = Path(__file__).with_name("jsforce_client.js")
CHANNEL = "/data/AccountChangeEvent"


@pytest.fixture(scope="module")
def org(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    node.required()
    folder: Path = tmp_path_factory.mktemp("org")
    with secured(folder) as found:
        yield found


def _asks(org: Secured, act: str, **question: object) -> Any:  # noqa: ANN401 - JSON
    known = {"url": org.server.url, "key": APP["consumer_key"], "secret": SECRET}
    return node.run(_PROGRAM, {"act": act} | known | question, trusting=org.certificate)


def _signed(org: Secured) -> str:
    return assertion(org.server.url)


def test_signs_in_with_the_apps_secret_or_a_signed_assertion(org: Secured) -> None:
    by_secret = _asks(org, "signs_in")
    by_assertion = _asks(org, "signs_in", assertion=_signed(org))

    for answer in (by_secret, by_assertion):
        assert answer["instance"] == org.server.url
        assert answer["limits"]["DailyApiRequests"]["Max"] == answer["usage"]["limit"] == 100_000


def test_a_wrong_secret_and_a_strangers_signature_are_refused(org: Secured) -> None:
    forged = assertion(org.server.url, key=OTHER_KEY)

    assert _asks(org, "is_refused", secret="wrong")["code"] == "invalid_client"  # noqa: S106 - it is
    assert _asks(org, "is_refused", assertion=forged)["code"] == "invalid_grant"


def test_creates_collections_reads_over_two_pages_and_updates(org: Secured) -> None:
    answer = _asks(org, "works", accounts=ACCOUNTS)

    assert answer["made"] is True
    assert answer["pages"] == [200, ACCOUNTS - 200, ACCOUNTS, True]
    assert answer["names"] == [f"Client {number:03}" for number in range(ACCOUNTS)]
    assert (answer["updated"], answer["read"]) == (True, "Changed")


def test_failures_inside_a_success_are_told_row_by_row(org: Secured) -> None:
    separate, together = _asks(org, "fails_in_parts")

    refused = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert separate == ["", refused]
    assert together == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", refused]


def test_upserts_one_and_several_by_an_external_id(org: Secured) -> None:
    assert _asks(org, "upserts", external="CL-1") == [True, False, True]


def test_a_refused_write_carries_the_vendors_error(org: Secured) -> None:
    assert _asks(org, "is_refused_a_write") == {
        "code": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "message": "No account may be called that.",
    }


def test_the_limit_of_a_day_is_refused(org: Secured) -> None:
    org.set_up(daily_api_requests=0)
    try:
        answer = _asks(org, "is_refused_a_query")
    finally:
        org.set_up(daily_api_requests=100_000)

    assert answer == {"code": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}


def test_hears_changes_that_are_kept_and_those_that_come(org: Secured) -> None:
    kept, live = _asks(org, "hears", channel=CHANNEL)

    assert (kept["type"], live["type"]) == ("CREATE", "CREATE")
    assert kept["records"] != live["records"]
    assert "com/salesforce/api/rest/60.0" in live["origin"]
