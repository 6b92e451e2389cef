"""The feed of changes, polled from a real server, with each open fact of it both ways."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from canonical.clients import ClientId, ClientLinks
from connectors import errors
from tests.connectors.salesforce.org import foreign
from tests.connectors.salesforce.sandboxed import Follower, following

WEEK = timedelta(days=7)


@pytest_asyncio.fixture
async def follower(tmp_path: Path) -> AsyncIterator[Follower]:
    async with following(tmp_path) as found:
        yield found


async def test_what_others_change_is_told_once_by_whom_it_concerns(follower: Follower) -> None:
    org = follower.org
    account = await org.create("Account", Name="A")
    deal = await org.deal(AccountId=account)
    line = await org.create("Billing_Schedule_Line__c", Name="L", Opportunity__c=deal)
    first = await follower.hears()
    await org.update("Opportunity", deal, StageName="Closed Won")
    await org.send("DELETE", f"/sobjects/Billing_Schedule_Line__c/{line}")

    assert first == [
        ("account", account),
        ("opportunity_change", deal),
        ("billing_schedule", deal),
    ]
    assert await follower.hears() == [("opportunity", deal), ("billing_schedule", deal)]
    assert await follower.hears() == []


async def test_a_deal_that_is_lost_again_or_deleted_is_no_win(follower: Follower) -> None:
    deal = await follower.org.deal(StageName="Closed Won")
    other = await follower.org.deal(StageName="Closed Won")
    won = await follower.hears()
    await follower.org.update("Opportunity", deal, StageName="Negotiation")
    await follower.org.send("DELETE", f"/sobjects/Opportunity/{other}")

    assert won == [("opportunity", deal), ("opportunity", other)]
    assert await follower.hears() == [
        ("opportunity_change", deal),
        ("opportunity_change", other),
    ]


async def test_our_own_writes_wake_nothing(follower: Follower) -> None:
    account = await follower.org.create("Account", Name="A")
    await follower.hears()
    links = ClientLinks(client=ClientId("CL-1"), erp=foreign("C-1"), psa=foreign("7"))

    await follower.crm.record_client(foreign(account), links)

    assert (await follower.org.row("Account", account))["Tiebeam_Client__c"] == "CL-1"
    assert await follower.hears() == []


async def test_a_client_of_another_name_is_somebody_else(tmp_path: Path) -> None:
    async with following(tmp_path, client_name="other") as follower:
        body = {"Name": "A"}
        theirs = {"Sforce-Call-Options": "client=tiebeam"}
        await follower.org.send("POST", "/sobjects/Account", json=body, headers=theirs)

        assert [kind for kind, _ in await follower.hears()] == ["account"]


async def test_notices_have_ids_of_their_own_that_stay_the_same(follower: Follower) -> None:
    key = await follower.org.create("Account", Name="A")
    await follower.org.update("Account", key, Name="B")

    first = (await follower.polls()).notices
    follower.cursor = ""
    again = (await follower.polls()).notices

    assert first == again
    assert len({notice.id for notice in first}) == 2


async def test_wins_before_the_day_that_the_landscape_names_wake_nothing(tmp_path: Path) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    async with following(tmp_path, changes_after=tomorrow.isoformat()) as follower:
        await follower.org.deal(StageName="Closed Won")
        before = await follower.hears()
        await follower.sleeps(timedelta(days=2))
        deal = await follower.org.deal(StageName="Closed Won")

        assert before == []
        assert await follower.hears() == [("opportunity", deal)]


@pytest.mark.parametrize("is_refused", [True, False])
async def test_a_quiet_week_with_polls_is_no_gap(follower: Follower, *, is_refused: bool) -> None:
    await follower.org.set_up(expired_replay_is_refused=is_refused)
    await follower.org.create("Account", Name="A")
    await follower.hears()
    for _ in range(4):
        await follower.sleeps(timedelta(days=2))
        quiet = await follower.polls()
        assert quiet.missed_since is None

    deal = await follower.org.deal(StageName="Closed Won")

    assert ("opportunity", deal) in await follower.hears()
    assert await follower.hears() == []


@pytest.mark.parametrize("is_refused", [True, False])
async def test_a_gap_longer_than_events_are_kept_is_told_and_bridged(
    follower: Follower, *, is_refused: bool
) -> None:
    org = follower.org
    await org.set_up(expired_replay_is_refused=is_refused)
    account, deal = await org.create("Account", Name="A"), await org.deal()
    line = await org.create("Billing_Schedule_Line__c", Name="L", Opportunity__c=deal)
    await follower.hears()
    before = follower.times[-1]
    await follower.sleeps(timedelta(days=1))
    await org.update("Opportunity", deal, StageName="Closed Won")
    await org.update("Account", account, Name="B")
    await org.send("DELETE", f"/sobjects/Billing_Schedule_Line__c/{line}")
    await follower.sleeps(WEEK)
    fresh = await org.deal()

    bridged = await follower.polls()

    assert bridged.missed_since == before
    told = {(notice.kind, notice.subject.value) for notice in bridged.notices}
    assert told >= {
        ("opportunity", deal),
        ("account", account),
        ("billing_schedule", deal),
        ("opportunity_change", fresh),
    }
    assert await follower.hears() == []
    assert (await follower.polls()).missed_since is None


async def test_an_outage_of_a_quiet_org_is_told_and_does_not_come_again(
    follower: Follower,
) -> None:
    await follower.polls()
    await follower.sleeps(WEEK)

    told = [(await follower.polls()).missed_since is not None for _ in range(3)]

    assert told == [True, False, False]


async def test_an_event_without_fields_is_enough(follower: Follower) -> None:
    await follower.org.set_up(changes_are_gaps=True)
    deal = await follower.org.deal(StageName="Closed Won")

    assert await follower.hears() == [("opportunity", deal)]


async def test_an_overflow_is_bridged(follower: Follower) -> None:
    await follower.org.set_up(changes_before_overflow=1)
    records = [{"attributes": {"type": "Account"}, "Name": name} for name in "ABC"]

    await follower.org.send("POST", "/composite/sobjects", json={"records": records})

    heard = {subject for _, subject in await follower.hears()}
    assert heard == set(await follower.org.keys("Account"))
    assert (await follower.polls()).missed_since is None


async def test_more_changes_than_one_answer_holds_come_all_in_one_request_of_whom_they_concern(
    follower: Follower,
) -> None:
    won = {"StageName": "Closed Won", "CloseDate": "2026-03-31"}
    record = {"attributes": {"type": "Opportunity"}, "Name": "D", **won}
    body = {"records": [record] * 200}
    for _ in range(2):
        await follower.org.send("POST", "/composite/sobjects", json=body)
    before = (await follower.org.send("GET", "/limits")).json()["DailyApiRequests"]["Remaining"]

    heard = await follower.hears()

    after = (await follower.org.send("GET", "/limits")).json()["DailyApiRequests"]["Remaining"]
    assert len(set(heard)) == 400
    assert {kind for kind, _ in heard} == {"opportunity"}
    assert before - after == 2  # the composite, and this look at the limit


@pytest.mark.parametrize("heeds", [True, False])
async def test_a_poll_ends_whether_or_not_the_org_lets_us_not_wait(
    follower: Follower, *, heeds: bool
) -> None:
    await follower.org.set_up(connect_heeds_advice=heeds, connect_seconds=0.1)
    key = await follower.org.create("Account", Name="A")

    assert await follower.hears() == [("account", key)]


@pytest.mark.parametrize("with_401", [True, False])
async def test_a_session_that_ended_is_renewed(follower: Follower, *, with_401: bool) -> None:
    await follower.org.set_up(handshake_refused_with_401=with_401)
    await follower.hears()
    await follower.org.client.delete("/_admin/sessions")
    await follower.org.sign_in()
    key = await follower.org.create("Account", Name="A")

    if not with_401:
        with pytest.raises(errors.Transient, match="the session had ended"):
            await follower.polls()

    assert await follower.hears() == [("account", key)]


@pytest.mark.parametrize(("is_counted", "requests"), [(True, 9), (False, 0)])
async def test_a_poll_may_use_up_the_allocation_of_the_day(
    follower: Follower, *, is_counted: bool, requests: int
) -> None:
    await follower.org.create("Account", Name="A")
    await follower.org.set_up(streaming_is_counted=is_counted)
    before = (await follower.org.send("GET", "/limits")).json()["DailyApiRequests"]["Remaining"]
    await follower.polls()
    await follower.polls()
    after = (await follower.org.send("GET", "/limits")).json()["DailyApiRequests"]["Remaining"]
    await follower.org.set_up(daily_api_requests=1)

    assert before - after - 1 == requests  # and this look at the limit
    if is_counted:
        with pytest.raises(errors.Transient):
            await follower.polls()
    else:
        assert await follower.hears() == []


async def test_an_org_without_the_channel_says_what_to_look_at(tmp_path: Path) -> None:
    async with following(tmp_path, change_channel="/data/Tiebeam__chn") as follower:
        with pytest.raises(errors.Rejected, match="/data/Tiebeam__chn") as refused:
            await follower.polls()
        await follower.org.set_up(change_channels={"/data/Tiebeam__chn": ["Account"]})
        key = await follower.org.create("Account", Name="A")

        assert await follower.hears() == [("account", key)]
    assert refused.value.reason.startswith("403:denied_by_security_policy")


async def test_an_org_without_change_events_is_not_asked_for_any(tmp_path: Path) -> None:
    async with following(tmp_path, change_channel="") as follower:
        await follower.org.create("Account", Name="A")

        assert await follower.hears() == []
        assert follower.cursor == ""


async def test_a_failure_inside_a_success_is_the_failure_that_it_is(follower: Follower) -> None:
    await follower.org.deal(StageName="Closed Won")
    await follower.org.set_up(duplicate_result_key="")
    fault = {
        "do": "status",
        "path": "/composite",
        "status": 200,
        "text": '{"compositeResponse":[{"body":[{"errorCode":"INVALID_FIELD","message":"x"}],'
        '"httpHeaders":{},"httpStatusCode":400,"referenceId":"q0"}]}',
    }
    await follower.org.client.post("/_admin/faults", json=fault)

    with pytest.raises(errors.Drifted) as drifted:
        await follower.polls()

    assert drifted.value.reason == "INVALID_FIELD: x"
    assert [kind for kind, _ in await follower.hears()] == ["opportunity"]
