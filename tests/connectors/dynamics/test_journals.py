import json
from collections.abc import Sequence
from decimal import Decimal

import httpx
import pytest
from typing_extensions import override

from canonical.postings import BatchId, HourLine
from connectors import errors
from connectors.ports import Document
from tests.connectors.dynamics.fake_environment import FakeEnvironment, batch_answer, infolog
from tests.connectors.dynamics.house import (
    BATCH,
    USMF,
    after_token,
    foreign,
    hour_batch,
    hour_line,
    instance,
    opened,
    opened_as,
)


async def test_a_journal_is_found_by_the_batch_it_carries_the_oldest_first() -> None:
    fake = FakeEnvironment()

    async with opened(fake) as erp:
        ids = [await erp.create_journal(USMF, BATCH) for _ in range(2)]
        await erp.create_journal(USMF, BatchId("erp-main/USMF/0/18"))
        fake.sets["JournalTables"].reverse()

        found = await erp.find_journals(USMF, BATCH)
    assert ids == [foreign("USMF-000001"), foreign("USMF-000002")]
    assert found == tuple(Document(id=journal, is_posted=False) for journal in ids)
    assert (
        fake.sets["JournalTables"][-1].items()
        >= {
            "dataAreaId": "usmf",
            "JournalName": "Hour",
            "JournalType": "Hour",
            "Description": "erp-main/USMF/0/17",
        }.items()
    )


@pytest.mark.parametrize("written", ["ERP-MAIN/usmf/0/17", "erp-main/USMF/0/1*"])
async def test_a_batch_is_found_under_exactly_its_id(written: str) -> None:
    async with opened(FakeEnvironment()) as erp:
        await erp.create_journal(USMF, BATCH)

        assert await erp.find_journals(USMF, BatchId(written)) == ()


async def test_what_another_company_carries_is_not_found() -> None:
    fake = FakeEnvironment()

    async with opened(fake) as erp:
        await erp.create_journal(USMF, BATCH)
        fake.sets["JournalTables"][0]["dataAreaId"] = "demf"

        assert await erp.find_journals(USMF, BATCH) == ()


async def test_lines_go_in_with_one_request_and_carry_their_entries() -> None:
    fake = FakeEnvironment()

    async with opened(fake, line_property="Internal", dimension_delimiter="|") as erp:
        await erp.fill_journal(foreign("USMF-000001"), hour_batch())

    assert fake.calls == ["POST $batch"]
    assert fake.sets["JournalTrans"][1] == {
        "dataAreaId": "usmf",
        "JournalId": "USMF-000001",
        "LineNumber": 2,
        "ProjectID": "P-00001",
        "ResourceId": "000104",
        "ResourceCompanyId": "usmf",
        "Category": "Consult",
        "LineProperty": "Internal",
        "ProjectDate": "2026-03-02T12:00:00Z",
        "Hours": Decimal("1.5"),
        "CostPrice": 70,
        "SalesPrice": 0,
        "CurrencyId": "USD",
        "DimensionDisplayValue": "CONS|P-00001",
        "Description": "psa-main:102",
        "Voucher": "",
    }
    sent = fake.batch_bodies[0].decode()
    assert "POST https://env.test/data/JournalTrans?cross-company=true HTTP/1.1" in sent
    assert '"Hours":1.5000,' in sent


async def test_a_batch_that_is_filled_twice_is_there_once() -> None:
    fake = FakeEnvironment()

    async with opened(fake) as erp:
        for _ in range(2):
            await erp.fill_journal(foreign("USMF-000001"), hour_batch())

    assert len(fake.sets["JournalTrans"]) == 2
    assert fake.calls == ["POST $batch", "POST $batch", "GET JournalTrans"]


@pytest.mark.parametrize(
    "there",
    [(hour_line(1),), (hour_line(1), hour_line(3)), (hour_line(1), hour_line(2), hour_line(3))],
    ids=["fewer", "others", "more"],
)
async def test_a_journal_that_holds_other_lines_is_refused(there: Sequence[HourLine]) -> None:
    async with opened(FakeEnvironment()) as erp:
        await erp.fill_journal(foreign("USMF-000001"), hour_batch(*there))

        with pytest.raises(errors.Rejected, match="other lines"):
            await erp.fill_journal(foreign("USMF-000001"), hour_batch())


async def test_lines_on_several_pages_are_compared_to_the_last() -> None:
    fake = FakeEnvironment(page_size=2)
    lines = [hour_line(number) for number in range(1, 6)]

    async with opened(fake) as erp:
        await erp.fill_journal(foreign("USMF-000001"), hour_batch(*lines))
        await erp.fill_journal(foreign("USMF-000001"), hour_batch(*lines))
        fake.sets["JournalTrans"][-1]["Description"] = "psa-main:999"
        with pytest.raises(errors.Rejected):
            await erp.fill_journal(foreign("USMF-000001"), hour_batch(*lines))

    assert fake.calls.count("GET JournalTrans") == 6


@pytest.mark.parametrize("size", [0, 5001])
async def test_a_batch_that_fits_no_request_is_a_programming_error(size: int) -> None:
    lines = tuple(hour_line(number) for number in range(1, size + 1))
    batch = hour_batch().model_copy(update={"lines": lines})
    fake = FakeEnvironment()

    async with opened(fake) as erp:
        with pytest.raises(ValueError, match=str(size)):
            await erp.fill_journal(foreign("USMF-000001"), batch)
    assert fake.calls == []


async def test_the_largest_batch_goes_in_at_once() -> None:
    lines = [hour_line(number) for number in range(1, 5001)]
    applied = batch_answer(*[httpx.Response(201)] * 5000)
    sent: list[bytes] = []

    def apply(request: httpx.Request) -> httpx.Response:
        sent.append(request.content)
        return applied

    async with opened(after_token(apply)) as erp:
        await erp.fill_journal(foreign("USMF-000001"), hour_batch(*lines))
    (content,) = sent
    assert content.count(b" HTTP/1.1\r\n") == 5000


@pytest.mark.parametrize(
    ("minutes", "rate", "currency", "sent"),
    [
        (10, "70", "USD", '"Hours":0.1667,"CostPrice":70,'),
        (90, "33.3333", "USD", '"Hours":1.5000,"CostPrice":33.3333,'),
        (15, "8001", "JPY", '"Hours":0.2500,"CostPrice":8001,'),
        (20, "3.105", "BHD", '"Hours":0.3333,"CostPrice":3.105,'),
    ],
)
async def test_hours_are_sent_with_four_decimals_where_the_cost_survives_it(
    minutes: int, rate: str, currency: str, sent: str
) -> None:
    fake = FakeEnvironment()
    line = hour_line(minutes=minutes, rate=rate, currency=currency)

    async with opened(fake) as erp:
        await erp.fill_journal(foreign("USMF-000001"), hour_batch(line))

    assert sent in fake.batch_bodies[0].decode()


@pytest.mark.parametrize(
    ("minutes", "rate", "currency", "reason"),
    [
        (10, "150", "USD", "psa-main:101: 0.1667 h × 150 is 25.01 USD, not 25.00 USD"),
        (20, "8000", "JPY", "psa-main:101: 0.3333 h × 8000 is 2666 JPY, not 2667 JPY"),
        (10, "150", "BHD", "psa-main:101: 0.1667 h × 150 is 25.005 BHD, not 25.000 BHD"),
    ],
)
async def test_hours_that_would_change_the_cost_are_refused_before_they_are_sent(
    minutes: int, rate: str, currency: str, reason: str
) -> None:
    fake = FakeEnvironment()
    line = hour_line(minutes=minutes, rate=rate, currency=currency)

    async with opened(fake) as erp:
        with pytest.raises(errors.Rejected) as caught:
            await erp.fill_journal(foreign("USMF-000001"), hour_batch(line))
    assert caught.value.reason == reason
    assert fake.calls == []


async def test_a_firm_with_finer_hours_posts_what_four_decimals_would_not() -> None:
    fake = FakeEnvironment()
    line = hour_line(minutes=10, rate="150")
    finer = instance().model_copy(update={"hours_decimals": 6})

    async with opened_as(finer, fake) as erp:
        await erp.fill_journal(foreign("USMF-000001"), hour_batch(line))

    assert '"Hours":0.166667,' in fake.batch_bodies[0].decode()


async def test_posting_returns_the_voucher_and_posting_again_returns_it_again() -> None:
    fake = FakeEnvironment()

    async with opened(fake) as erp:
        journal = await erp.create_journal(USMF, BATCH)
        await erp.fill_journal(journal, hour_batch())

        vouchers = [await erp.post_journal(USMF, journal) for _ in range(2)]
        found = await erp.find_journals(USMF, BATCH)
    assert vouchers == [foreign("PRJ-1")] * 2
    assert found == (Document(id=journal, is_posted=True),)
    path = "/api/services/TiebeamServices/PostingService/postHourJournal"
    assert fake.calls[2:6] == [
        f"POST {path}",
        f"POST {path}",
        "GET JournalTables(dataAreaId='usmf',JournalBatchNumber='USMF-000001')",
        "GET JournalTrans",
    ]
    assert json.loads(fake.requests[2].content) == {
        "_request": {"dataAreaId": "usmf", "journalId": "USMF-000001"}
    }


async def test_posting_a_journal_that_is_gone_says_so() -> None:
    async with opened(FakeEnvironment()) as erp:
        with pytest.raises(errors.Missing):
            await erp.post_journal(USMF, foreign("USMF-000009"))


def _closed_period(answer: httpx.Response) -> FakeEnvironment:
    class Closed(FakeEnvironment):
        @override
        def _service(self, request: httpx.Request) -> httpx.Response:
            del request
            return answer

    return Closed()


@pytest.mark.parametrize(
    ("answer", "options", "fault"),
    [
        (httpx.Response(200, json={"Success": False, "Message": "closed"}), {}, errors.Rejected),
        (infolog("closed", 500), {}, errors.Rejected),
        (infolog("closed", 500), {"service_error_is_refusal": "no"}, errors.Uncertain),
        (httpx.Response(500, text="closed"), {}, errors.Uncertain),
        (httpx.Response(502, html="<p>closed"), {}, errors.Uncertain),
        (httpx.Response(200, json={"Success": True, "Voucher": ""}), {}, errors.Uncertain),
        (httpx.Response(200, text='{"Success": tr'), {}, errors.Uncertain),
    ],
    ids=["said", "infolog", "switched-off", "no-infolog", "gateway", "no-voucher", "torn"],
)
async def test_a_posting_is_refused_only_if_the_service_itself_says_so(
    answer: httpx.Response, options: dict[str, str], fault: type[errors.ConnectorError]
) -> None:
    async with opened(_closed_period(answer), **options) as erp:
        journal = await erp.create_journal(USMF, BATCH)

        with pytest.raises(fault) as caught:
            await erp.post_journal(USMF, journal)
    assert "closed" not in str(caught.value)
    if fault is errors.Rejected:
        assert caught.value.reason == "closed"


async def test_a_posted_journal_without_a_voucher_is_drift() -> None:
    fake = FakeEnvironment()

    async with opened(fake) as erp:
        journal = await erp.create_journal(USMF, BATCH)
        fake.sets["JournalTables"][0]["Posted"] = "Yes"

        with pytest.raises(errors.Drifted):
            await erp.post_journal(USMF, journal)


async def test_discarding_twice_is_discarding_once() -> None:
    fake = FakeEnvironment()

    async with opened(fake, if_match="*") as erp:
        journal = await erp.create_journal(USMF, BATCH)
        await erp.discard_journal(USMF, journal)
        await erp.discard_journal(USMF, journal)

    assert fake.sets["JournalTables"] == []
    assert [request.headers.get("If-Match") for request in fake.requests] == [None, "*", "*"]


async def test_a_posted_journal_is_not_discarded() -> None:
    fake = FakeEnvironment()

    async with opened(fake) as erp:
        journal = await erp.create_journal(USMF, BATCH)
        fake.sets["JournalTables"][0]["Posted"] = "Yes"

        with pytest.raises(errors.Rejected):
            await erp.discard_journal(USMF, journal)
    assert "If-Match" not in fake.requests[-1].headers


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (batch_answer(infolog("The project is closed.", 500), change_set=False), errors.Rejected),
        (batch_answer(httpx.Response(500), change_set=False), errors.Uncertain),
        (batch_answer(httpx.Response(429), change_set=False), errors.Transient),
        (batch_answer(httpx.Response(401), change_set=False), errors.Unauthorized),
        (batch_answer(httpx.Response(201)), errors.Uncertain),
        (batch_answer(httpx.Response(201), infolog("No.", 500)), errors.Uncertain),
        (httpx.Response(200, html="<p>Please sign in"), errors.Uncertain),
        (httpx.Response(503, html="<p>Busy"), errors.Uncertain),
    ],
    ids=["refused", "broke", "throttled", "locked", "short", "mixed", "page", "gateway"],
)
async def test_a_change_set_counts_as_refused_only_if_nothing_of_it_is_there(
    answer: httpx.Response, fault: type[errors.ConnectorError]
) -> None:
    async with opened(after_token(lambda _: answer)) as erp:
        with pytest.raises(fault) as caught:
            await erp.fill_journal(foreign("USMF-000001"), hour_batch())
    assert "closed" not in str(caught.value)


async def test_a_throttled_change_set_says_how_long_to_wait() -> None:
    text = "high resource utilization. Please retry the request after 7 seconds"
    answer = batch_answer(infolog(text, 500), change_set=False)

    async with opened(after_token(lambda _: answer)) as erp:
        with pytest.raises(errors.Transient) as caught:
            await erp.fill_journal(foreign("USMF-000001"), hour_batch())
    assert caught.value.retry_after is not None
    assert caught.value.retry_after.total_seconds() == 7
