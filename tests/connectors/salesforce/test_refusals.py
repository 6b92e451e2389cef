"""What an org's own set-up refuses, met by the connector on a real server."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from canonical.clients import ClientId, ClientLinks
from canonical.projects import ProjectCode
from connectors import errors
from tests.connectors.salesforce.org import NOW, Org, foreign, signed_in
from tests.connectors.salesforce.sandboxed import Follower, following

LINKS = ClientLinks(client=ClientId("CL-1"), erp=foreign("C-1"), psa=foreign("7"))
RULE: dict[str, object] = {
    "name": "Same_Tax_Id",
    "object": "Account",
    "fields": ["Tax_Id__c"],
    "allow_save": False,
    "message": "An account has this tax id already.",
}


@pytest_asyncio.fixture
async def follower(tmp_path: Path) -> AsyncIterator[Follower]:
    async with following(tmp_path) as found:
        yield found


@pytest.mark.parametrize("spelling", ["duplicateResut", "duplicateResult"])
async def test_a_duplicate_is_rejected_with_what_it_is_like(
    follower: Follower, spelling: str
) -> None:
    org = follower.org
    first = await org.create("Account", Name="A", Tax_Id__c="T")
    second = await org.create("Account", Name="B", Tax_Id__c="T")
    await org.set_up(duplicate_rules=[RULE], duplicate_result_key=spelling)

    with pytest.raises(errors.Rejected) as refused:
        await follower.crm.record_client(foreign(second), LINKS)

    told = f"DUPLICATES_DETECTED: An account has this tax id already. ({first})"
    assert refused.value.reason == told
    assert (await org.row("Account", second))["Tiebeam_Client__c"] is None


@pytest.mark.parametrize("status", [400, 409, 500])
async def test_a_row_that_somebody_holds_can_be_tried_again(
    follower: Follower, status: int
) -> None:
    deal = await follower.org.deal()
    await follower.org.set_up(locked_rows=[deal], lock_status=status)

    with pytest.raises(errors.Transient):
        await follower.crm.record_project(foreign(deal), [ProjectCode("PR-1")], "Active")

    await follower.org.set_up(locked_rows=[])
    await follower.crm.record_project(foreign(deal), [ProjectCode("PR-1")], "Active")
    assert (await follower.org.row("Opportunity", deal))["Project_Code__c"] == "PR-1"


async def test_a_validation_rule_is_rejected_in_its_own_words(follower: Follower) -> None:
    deal = await follower.org.deal()
    rule = {
        "object": "Opportunity",
        "refuses": {"Delivery_Status__c": "Active"},
        "message": "Delivery starts on Mondays.",
        "fields": ["Delivery_Status__c"],
    }
    await follower.org.set_up(validation_rules=[rule])

    with pytest.raises(errors.Rejected) as refused:
        await follower.crm.record_project(foreign(deal), [ProjectCode("PR-1")], "Active")

    code = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert refused.value.reason == f"{code}: Delivery starts on Mondays. (Delivery_Status__c)"


async def test_a_won_deal_that_was_deleted_is_not_won_and_cannot_be_written_on(
    follower: Follower,
) -> None:
    account = await follower.org.create("Account", Name="A")
    deal = await follower.org.deal(StageName="Closed Won", AccountId=account)
    before = await follower.crm.opportunity(foreign(deal))
    await follower.org.send("DELETE", f"/sobjects/Opportunity/{deal}")

    after = await follower.crm.opportunity(foreign(deal))

    assert (before.is_won, after.is_won) == (True, False)
    assert after == before.model_copy(update={"is_won": False})
    with pytest.raises(errors.Missing):
        await follower.crm.record_project(foreign(deal), [ProjectCode("PR-1")], "Active")


async def test_the_allocation_of_a_day_can_be_waited_for(follower: Follower) -> None:
    account = await follower.org.create("Account", Name="A")
    await follower.org.set_up(daily_api_requests=1)

    with pytest.raises(errors.Transient) as refused:
        await follower.crm.account(foreign(account))

    assert refused.value.reason == "REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded."
    await follower.org.set_up(daily_api_requests=100)
    assert (await follower.crm.account(foreign(account))).name == "A"


def _part(name: str = "q0", status: int = 200, **body: object) -> dict[str, object]:
    page = {"totalSize": 0, "done": True, "records": []}
    return {
        "referenceId": name,
        "httpStatusCode": status,
        "httpHeaders": {},
        "body": body.get("body", page),
    }


def _fault(code: str) -> list[Mapping[str, str]]:
    return [{"errorCode": code, "message": "no"}]


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        (_part(status=400, body=_fault("INVALID_FIELD")), errors.Drifted),
        (_part(status=400, body=_fault("UNHEARD_OF")), errors.Rejected),
        (_part(status=403, body=_fault("REQUEST_LIMIT_EXCEEDED")), errors.Transient),
        (_part(status=500, body=_fault("UNKNOWN_EXCEPTION")), errors.Transient),
        (_part(status=503, body=None), errors.Transient),
        (_part(name="other"), errors.Drifted),
        (_part(body={"records": "none"}), errors.Drifted),
    ],
)
async def test_a_part_of_a_composite_that_failed_is_the_error_that_it_is(
    part: Mapping[str, object], kind: type[errors.ConnectorError]
) -> None:
    event = {
        "ChangeEventHeader": {
            "entityName": "Opportunity",
            "recordIds": ["0065f00000A1b2CAAR"],
            "changeType": "UPDATE",
            "transactionKey": "t-1",
            "sequenceNumber": 1,
            "commitTimestamp": 1767225600000,
        }
    }

    waiting = [{"payload": event, "event": {"replayId": 1}}]

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/composite"):
            return httpx.Response(200, json={"compositeResponse": [part]})
        channel = request.content.decode().split('"channel":"')[1].split('"')[0]
        good = {"channel": channel, "clientId": "c", "successful": True}
        is_news = "connect" in channel and waiting
        news = [{"channel": "/data/ChangeEvents", "data": waiting.pop()}] if is_news else []
        return httpx.Response(200, json=[*news, good])

    async with signed_in(Org(answer)) as crm:
        with pytest.raises(errors.ConnectorError) as failed:
            await crm.changes("", NOW)

    assert type(failed.value) is kind
