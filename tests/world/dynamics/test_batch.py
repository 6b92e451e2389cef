import time

import pytest

from tests.world.dynamics.batches import Part, answers, batch, change_set, request, send
from tests.world.dynamics.firm import Firm, Row, infolog

_URL = "http://erp.test/data/PaymentTerms?cross-company=true"


def _terms(name: str, **more: object) -> Row:
    return {"dataAreaId": "usmf", "Name": name} | more


def _text(part: Part) -> str:
    return str(part.body["error"]["innererror"]["message"])


async def _names(firm: Firm) -> set[str]:
    rows = await firm.rows("PaymentTerms", "dataAreaId eq 'usmf'")
    return {row["Name"] for row in rows} - {"Net30"}


async def test_a_change_set_answers_each_of_its_operations(firm: Firm) -> None:
    row = "http://erp.test/data/PaymentTerms(dataAreaId='usmf',Name='Net30')"
    body = batch(
        [
            change_set(
                "c",
                [
                    request("1", "POST", _URL, _terms("Net10")),
                    request("2", "PATCH", row, {"NumberOfDays": 31}),
                    request("3", "POST", "/data/PaymentTerms", _terms("Net20")),
                    request("4", "DELETE", row.replace("Net30", "Net20")),
                ],
            )
        ]
    )

    parts = answers(await send(firm, body))

    assert [(part.content_id, part.status) for part in parts] == [
        ("1", 201),
        ("2", 204),
        ("3", 201),
        ("4", 204),
    ]
    assert parts[0].body["Name"] == "Net10"
    assert await _names(firm) == {"Net10"}


async def test_a_failed_change_set_keeps_nothing_and_answers_one_500(firm: Firm) -> None:
    journal = await firm.journal({})
    lines = [firm.line(journal, number, {}) for number in (2, 3, 1, 4)]
    parts = [
        request(str(number), "POST", "/data/JournalTrans", line)
        for number, line in enumerate(lines, 1)
    ]

    response = await send(firm, batch([change_set("c", parts)]))

    assert response.headers["Content-Type"].startswith("multipart/mixed; boundary=batchresponse_")
    (part,) = answers(response)
    assert (part.content_id, part.status) == ("3", 500)
    assert "The record already exists." in _text(part)
    assert len(await firm.rows("JournalTrans", f"JournalId eq '{journal}'")) == 1
    assert len(await firm.log("POST JournalTrans")) == 1


async def test_a_later_row_may_point_at_an_earlier_one_of_its_change_set(firm: Firm) -> None:
    group = {"dataAreaId": "usmf", "CustomerGroupId": "20", "PaymentTermId": "Net10"}
    parts = [
        request("1", "POST", _URL, _terms("Net10")),
        request("2", "POST", "/data/CustomerGroups", group),
    ]

    wrong_order = answers(await send(firm, batch([change_set("c", parts[::-1])])))
    right_order = answers(await send(firm, batch([change_set("c", parts)])))

    assert [part.status for part in wrong_order] == [500]
    assert [part.status for part in right_order] == [201, 201]


async def test_parts_stand_for_themselves(firm: Firm) -> None:
    failing = change_set("c", [request("1", "POST", _URL, _terms("Net30"))])
    working = change_set("d", [request("2", "POST", _URL, _terms("Net10"))])
    reading = request("3", "GET", "http://erp.test/data/PaymentTerms/$count")

    parts = answers(await send(firm, batch([failing, working, reading])))

    assert [part.status for part in parts] == [500, 201, 200]
    assert await _names(firm) == {"Net10"}


_FAILING = {
    404: request("1", "GET", "/data/Nothing"),
    500: change_set("c", [request("1", "POST", _URL, _terms("Net30"))]),
}


@pytest.mark.parametrize("failure", [404, 500])
@pytest.mark.parametrize(
    ("goes_on", "prefer", "rest"),
    [(True, "", [201]), (False, "", []), (False, "odata.continue-on-error", [201])],
)
async def test_a_batch_goes_on_after_a_failure_by_switch_or_wish(
    firm: Firm, failure: int, *, goes_on: bool, prefer: str, rest: list[int]
) -> None:
    await firm.settings(batch_continues_on_error=goes_on)
    body = batch([_FAILING[failure], request("2", "POST", _URL, _terms("N"))])

    parts = answers(await send(firm, body, Prefer=prefer))

    assert [part.status for part in parts] == [failure, *rest]


async def test_a_batch_holds_no_more_operations_than_allowed(firm: Firm) -> None:
    await firm.settings(batch_operations_max=2)
    operations = [request(str(n), "POST", _URL, _terms(f"Net{n}")) for n in (1, 2, 3)]

    too_many = await send(firm, batch([change_set("c", operations)]))
    allowed = await send(firm, batch([change_set("c", operations[:2])]))

    assert too_many.status_code == 400
    assert "at most 2 are allowed" in infolog(too_many)
    assert [part.status for part in answers(allowed)] == [201, 201]


async def test_a_batch_that_is_cut_short_keeps_nothing(firm: Firm) -> None:
    whole = batch([change_set("c", [request("1", "POST", _URL, _terms("Net10"))])])

    for cut in (whole[:-7], whole[: whole.index("--c--")], ""):
        answer = await send(firm, cut)

        assert answer.status_code == 400, cut
    assert await _names(firm) == set()


async def test_a_batch_that_is_malformed_is_refused(firm: Firm) -> None:
    reads = change_set("c", [request("1", "GET", "/data/PaymentTerms")])
    for part in (
        reads,
        "Content-Type: text/plain\r\n\r\nhello\r\n",
        "Content-Type: multipart/mixed\r\n\r\n--c\r\n--c--\r\n",
        request("1", "BREW", "/data/PaymentTerms"),
    ):
        assert (await send(firm, batch([part]))).status_code == 400, part

    unbounded = await firm.http.post("/data/$batch", content=batch([]))
    assert unbounded.status_code == 400


async def test_one_boundary_may_begin_with_the_other(firm: Firm) -> None:
    body = batch([change_set("bc", [request("1", "POST", _URL, _terms("Net10"))])])

    parts = answers(await send(firm, body))

    assert [part.status for part in parts] == [201]


async def test_bare_line_feeds_are_read_too(firm: Firm) -> None:
    body = batch([change_set("c", [request("1", "POST", _URL, _terms("Net10"))])])

    parts = answers(await send(firm, body.replace("\r\n", "\n")))

    assert [part.status for part in parts] == [201]


async def test_a_request_needs_no_headers(firm: Firm) -> None:
    part = "Content-Type: application/http\r\n\r\nGET /data/Currencies/$count HTTP/1.1\r\n"

    found = answers(await send(firm, batch([part, f"{part}\r\n\r\n"])))

    assert [(answer.content_id, answer.status) for answer in found] == [("", 200), ("", 200)]


async def test_an_etag_counts_inside_a_batch(firm: Firm) -> None:
    row = "/data/PaymentTerms(dataAreaId='usmf',Name='Net30')"
    stale = request("1", "PATCH", row, {"NumberOfDays": 31}).replace(
        "Content-Type: application/json", 'Content-Type: application/json\r\nIf-Match: W/"x"'
    )

    (part,) = answers(await send(firm, batch([change_set("c", [stale])])))

    assert part.status == 500
    assert "If-Match" in _text(part)


async def test_a_thousand_lines_are_written_and_posted_without_a_scan(firm: Firm) -> None:
    journal = await firm.journal()
    operations = [
        request(str(n), "POST", "/data/JournalTrans", firm.line(journal, n, {}))
        for n in range(1, 1001)
    ]
    body = batch([change_set("c", operations)])
    start = time.process_time()

    parts = answers(await send(firm, body))
    posted = await firm.post_hours(journal)

    assert time.process_time() - start < 1.0  # it takes a fifth of that, a scan a row ten times
    assert {part.status for part in parts} == {201}
    assert posted["Success"]
    assert len(await firm.rows("ProjectPostTransViews", "ProjectId eq 'P1'")) == 1000
