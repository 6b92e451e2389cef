from datetime import UTC, datetime

import pytest

from store import inbox
from store.tables.traffic import Outcome
from tests.fakes import CRM
from tests.workflows.feed import following, follows
from tests.workflows.house import House
from tests.workflows.waiting import card


async def test_keeps_what_changed_for_the_dispatcher(house: House) -> None:
    house.crm.tells("opportunity", house.opportunity)
    house.crm.tells("account", house.account)

    assert await follows(house) == "collected"

    assert await card(following(house)) == "2 new messages; the feed: collected."
    async with house.database.reading() as tx:
        waiting = await inbox.waiting_for_process(tx)
    told = [(each.notice.kind, each.notice.subject) for each in waiting]
    assert told == [("opportunity", house.opportunity), ("account", house.account)]


async def test_goes_on_from_where_it_was_until_all_is_read(house: House) -> None:
    for _ in range(7):
        house.crm.tells("account", house.account)
    await follows(house)
    first, calls = await card(following(house)), house.crm.calls.count("changes")

    await follows(house)

    assert first == "7 new messages; the feed: collected."
    assert calls == 3
    assert await card(following(house)) == "0 new messages; the feed: collected."


async def test_what_comes_again_is_one_message(house: House) -> None:
    house.crm.tells("account", house.account)
    house.crm.notices.append(house.crm.notices[0])

    await follows(house)

    assert await card(following(house)) == "1 new messages; the feed: collected."


async def test_a_gap_that_was_bridged_is_told(house: House) -> None:
    house.crm.missed_since = datetime(2026, 6, 1, 8, tzinfo=UTC)
    house.crm.tells("opportunity", house.opportunity)

    assert await follows(house) == "bridged"

    assert await house.audited("feed.bridged") == [CRM]
    assert len(await house.audited("message.received")) == 1


async def test_an_unreachable_crm_is_tried_again_and_loses_nothing(house: House) -> None:
    house.crm.throttles("changes")
    house.crm.tells("account", house.account)

    assert await follows(house) == "collected"

    assert house.crm.calls.count("changes") == 2
    assert await card(following(house)) == "1 new messages; the feed: collected."


async def test_a_crm_that_lets_nobody_follow_it_fails_the_run_in_its_words(house: House) -> None:
    house.crm.refuses("changes")

    with pytest.raises(Exception, match="Workflow execution failed"):
        await follows(house)

    async with house.database.reading() as tx:
        assert await inbox.cursor(tx, CRM) == ""
    assert await house.audited(f"message.{Outcome.RECEIVED}") == []


async def test_a_change_of_a_deal_that_is_not_won_opens_nothing(house: House) -> None:
    house.crm.tells("opportunity_change", house.opportunity)
    await follows(house)

    async with house.database.reading() as tx:
        waiting = await inbox.waiting_for_process(tx)

    assert [each.notice.kind for each in waiting] == ["opportunity_change"]
    assert await house.audited("engagement.opened") == []
