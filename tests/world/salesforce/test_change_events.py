import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.world.salesforce.house import Org
from tests.world.salesforce.streaming import CHANNEL, ENDPOINT, Stream, header, told

CAPTURED = ["Account", "Opportunity", "Billing_Schedule_Line__c"]
START = datetime(2026, 3, 1, 8, tzinfo=UTC)


@pytest.fixture
async def stream(org: Org) -> Stream:
    await org.set_up(change_data_capture=CAPTURED)
    return Stream(org.client)


async def test_a_new_row_comes_with_all_its_fields(org: Org, stream: Stream) -> None:
    await stream.open()

    key = await org.create("Account", Name="A", BillingCity="Oslo", BillingCountry="NO")

    [event] = await stream.connect()
    assert told([event]) == [("Account", "CREATE", [key])]
    assert event["payload"]["Name"] == "A"
    assert event["payload"]["BillingAddress"] == {"City": "Oslo", "Country": "NO"}
    assert event["payload"].keys() & {"Id", "IsDeleted", "SystemModstamp"} == set()
    assert header(event)["changedFields"] == []
    assert event["event"] == {"replayId": 1}


async def test_a_change_comes_with_what_changed_and_a_deletion_with_nothing(
    org: Org, stream: Stream
) -> None:
    deal = await org.deal(Amount=10)
    await stream.open()

    await org.update("Opportunity", deal, StageName="Closed Won", Amount=12.5)
    await org.send("DELETE", f"/sobjects/Opportunity/{deal}")

    changed, deleted = await stream.connect()
    assert told([changed, deleted]) == [
        ("Opportunity", "UPDATE", [deal]),
        ("Opportunity", "DELETE", [deal]),
    ]
    assert changed["payload"]["Amount"] == 12.5
    assert changed["payload"]["StageName"] == "Closed Won"
    assert "Name" not in changed["payload"]
    assert {"StageName", "Amount", "Probability"} <= set(header(changed)["changedFields"])
    assert deleted["payload"].keys() == {"ChangeEventHeader"}


async def test_an_address_is_one_field_with_parts(org: Org, stream: Stream) -> None:
    key = await org.create("Account", Name="A")
    await stream.open()

    await org.update("Account", key, BillingCity="Oslo")

    [event] = await stream.connect()
    assert "BillingAddress.City" in header(event)["changedFields"]


@pytest.mark.parametrize(
    ("headers", "origin"),
    [
        ({}, "com/salesforce/api/rest/60.0"),
        ({"Sforce-Call-Options": "client=OurApp"}, "com/salesforce/api/rest/60.0;client=OurApp"),
    ],
)
async def test_an_event_says_who_made_the_change(
    org: Org, stream: Stream, headers: dict[str, str], origin: str
) -> None:
    await stream.open()

    await org.send("POST", "/sobjects/Account", json={"Name": "A"}, headers=headers)

    [event] = await stream.connect()
    assert header(event)["changeOrigin"] == origin


async def test_the_changes_of_one_request_are_one_transaction_in_order(
    org: Org, stream: Stream
) -> None:
    await stream.open()
    records = [{"attributes": {"type": "Account"}, "Name": name} for name in ("A", "B")]

    await org.send("POST", "/composite/sobjects", json={"records": records})
    await org.create("Account", Name="C")

    first, second, other = map(header, await stream.connect())
    assert first["transactionKey"] == second["transactionKey"] != other["transactionKey"]
    assert [each["sequenceNumber"] for each in (first, second, other)] == [1, 2, 1]


async def test_what_is_undone_or_changes_nothing_is_no_event(org: Org, stream: Stream) -> None:
    key = await org.create("Account", Name="A")
    await stream.open()
    records = [
        {"attributes": {"type": "Account"}, "Name": "B"},
        {"attributes": {"type": "Account"}},
    ]

    await org.send("POST", "/composite/sobjects", json={"records": records, "allOrNone": True})
    await org.update("Account", key, Name="A")
    await org.create("Product2", Name="not captured")

    assert await stream.connect() == []


async def test_replays_everything_kept_or_from_a_position(org: Org, stream: Stream) -> None:
    keys = [await org.create("Account", Name=name) for name in "ABC"]

    await stream.open(-2)
    everything = await stream.connect()
    await stream.open(everything[0]["event"]["replayId"])
    rest = await stream.connect()
    await stream.open(-1)

    assert told(everything) == [("Account", "CREATE", [key]) for key in keys]
    assert rest == everything[1:]
    assert await stream.connect() == []


async def test_a_position_older_than_three_days_is_refused(org: Org, stream: Stream) -> None:
    await org.move_clock(START)
    await org.sign_in()
    await org.create("Account", Name="A")
    await stream.open(-2)
    [event] = await stream.connect()
    await org.move_clock(START + timedelta(hours=71))
    await org.sign_in()
    await org.create("Account", Name="B")
    kept = await stream.open(event["event"]["replayId"])

    await org.move_clock(START + timedelta(hours=73))
    await org.sign_in()
    refused = await stream.open(event["event"]["replayId"])
    await stream.subscribe(-2)

    assert kept["successful"] is True
    assert (refused["successful"], refused["error"][:5]) == (False, "400::")
    assert "replayId {1}" in refused["error"]
    assert [event["payload"]["Name"] for event in await stream.connect()] == ["B"]


async def test_an_old_position_may_go_on_without_a_word(org: Org, stream: Stream) -> None:
    await org.set_up(expired_replay_is_refused=False)
    await org.create("Account", Name="A")

    answer = await stream.open(999)

    assert answer["successful"] is True
    assert len(await stream.connect()) == 1


@pytest.mark.parametrize(
    ("channel", "names"),
    [
        ("/data/AccountChangeEvent", ["Account"]),
        ("/data/Billing_Schedule_Line__ChangeEvent", ["Billing_Schedule_Line__c"]),
        ("/data/Tiebeam__chn", ["Account", "Opportunity"]),
        (CHANNEL, ["Account", "Opportunity", "Billing_Schedule_Line__c"]),
    ],
)
async def test_a_channel_carries_its_objects(
    org: Org, stream: Stream, channel: str, names: list[str]
) -> None:
    await org.set_up(change_channels={"/data/Tiebeam__chn": ["Account", "Opportunity"]})
    await stream.open(-1, channel)

    await org.create("Account", Name="A")
    deal = await org.deal()
    await org.create("Billing_Schedule_Line__c", Name="L", Opportunity__c=deal)

    assert [header(event)["entityName"] for event in await stream.connect()] == names


async def test_an_unknown_channel_is_refused(stream: Stream) -> None:
    answer = await stream.open(-1, "/data/NothingChangeEvent")

    assert (answer["successful"], answer["error"][:3]) == (False, "403")


async def test_an_org_in_trouble_sends_gaps(org: Org, stream: Stream) -> None:
    await org.set_up(changes_are_gaps=True)
    await stream.open()

    key = await org.create("Account", Name="A")

    [event] = await stream.connect()
    assert told([event]) == [("Account", "GAP_CREATE", [key])]
    assert event["payload"].keys() == {"ChangeEventHeader"}


async def test_too_many_changes_at_once_overflow(org: Org, stream: Stream) -> None:
    await org.set_up(changes_before_overflow=2)
    await stream.open()
    records = [{"attributes": {"type": "Account"}, "Name": name} for name in "ABCDE"]

    await org.send("POST", "/composite/sobjects", json={"records": records})

    events = await stream.connect()
    assert [kind for _, kind, _ in told(events)] == ["CREATE", "CREATE", "GAP_OVERFLOW"]
    assert told(events)[2] == ("Account", "GAP_OVERFLOW", ["001*"])


async def test_a_connect_waits_for_news(org: Org, stream: Stream) -> None:
    await stream.open()
    waiting = asyncio.create_task(stream.send("/meta/connect"))
    await asyncio.sleep(0.05)

    await org.create("Account", Name="A")

    event, answer = await asyncio.wait_for(waiting, 5)
    assert (event["channel"], answer["channel"]) == (CHANNEL, "/meta/connect")


@pytest.mark.parametrize(("heeds", "seconds"), [(True, 0), (False, 0.2)])
async def test_a_connect_without_news_ends_when_it_is_time(
    org: Org, stream: Stream, *, heeds: bool, seconds: float
) -> None:
    await org.set_up(connect_seconds=0.2, connect_heeds_advice=heeds)
    await stream.open()

    assert await stream.connect() == []
    [answer] = await stream.send("/meta/connect", advice={"timeout": 0})

    assert answer["advice"]["timeout"] == seconds * 1000


async def test_ends_what_it_is_told_to_end(org: Org, stream: Stream) -> None:
    await stream.open()
    await stream.send("/meta/unsubscribe", subscription=CHANNEL)
    await org.create("Account", Name="A")
    unsubscribed = await stream.connect()
    [ended] = await stream.send("/meta/disconnect")

    [answer] = await stream.send("/meta/connect")

    assert unsubscribed == []
    assert ended["successful"] is True
    assert (answer["successful"], answer["error"]) == (False, "403::Unknown client")
    assert answer["advice"]["reconnect"] == "handshake"


@pytest.mark.parametrize(("with_401", "status"), [(True, 401), (False, 200)])
async def test_nobody_shakes_hands_without_a_session(
    org: Org, stream: Stream, *, with_401: bool, status: int
) -> None:
    await org.set_up(handshake_refused_with_401=with_401)
    org.client.headers["Authorization"] = "Bearer nonsense"

    answer = await org.client.post(ENDPOINT, json=[{"channel": "/meta/handshake", "id": "1"}])

    [message] = answer.json()
    assert answer.status_code == status
    assert (message["successful"], message["error"]) == (False, "403::Handshake denied")
    assert message["ext"]["sfdc"]["failureReason"] == "401::Authentication invalid"
    assert stream.key == ""
