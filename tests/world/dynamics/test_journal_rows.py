import re
from decimal import Decimal

import pytest

from tests.world.dynamics.firm import Firm, Row, infolog


def _line(journal: str, number: int = 1) -> str:
    return f"JournalTrans(dataAreaId='usmf',LineNumber={number},JournalId='{journal}')"


def _journal(journal: str) -> str:
    return f"JournalTables(dataAreaId='usmf',JournalBatchNumber='{journal}')"


async def test_journals_are_numbered_by_company_and_found_by_description(firm: Firm) -> None:
    numbers = [await firm.journal(Description="batch/1") for _ in range(2)]
    other = await firm.journal(company="demf", Description="batch/1")

    found = await firm.rows("JournalTables", "dataAreaId eq 'usmf' and Description eq 'batch/1'")

    assert numbers == ["USMF-000001", "USMF-000002"]
    assert other == "DEMF-000001"
    assert [row["JournalBatchNumber"] for row in found] == numbers


async def test_a_repeated_line_is_refused(firm: Firm) -> None:
    journal = await firm.journal({})

    answer = await firm.post(
        "JournalTrans", **firm.line(journal, 1, {"LineNumber": Decimal("1.0")})
    )

    assert answer.status_code == 400
    assert "The record already exists." in infolog(answer)


@pytest.mark.parametrize(
    ("decimals", "hours", "status"),
    [(4, "0.1234", 201), (4, "0.12340", 201), (4, "0.12345", 400), (2, "0.123", 400)],
)
async def test_hours_have_no_more_decimals_than_declared(
    firm: Firm, decimals: int, hours: str, status: int
) -> None:
    await firm.settings(hours_decimals=decimals)

    answer = await firm.post(
        "JournalTrans", **firm.line(await firm.journal(), 1, {"Hours": Decimal(hours)})
    )

    assert answer.status_code == status
    if status == 400:
        assert f"Hours {hours} has more than {decimals} decimals" in infolog(answer)


@pytest.mark.parametrize(
    "change",
    [
        {"JournalId": "USMF-999999"},
        {"ProjectID": "P9"},
        {"ResourceId": "E9"},
        {"ResourceCompanyId": "demf", "ResourceId": "E9"},
        {"Category": "MANAGER"},
        {"LineProperty": "Charge"},
        {"CurrencyId": "GBP"},
    ],
)
async def test_a_line_points_at_rows_that_exist(firm: Firm, change: Row) -> None:
    line = firm.line(await firm.journal(), 1, change)

    answer = await firm.post("JournalTrans", **line)

    assert answer.status_code == 400
    assert re.search(r"The value '\S+' in field '.+' is not found", infolog(answer))


async def test_hours_have_to_be_given(firm: Firm) -> None:
    line = firm.line(await firm.journal(), 1, {})
    del line["Hours"]

    answer = await firm.post("JournalTrans", **line)

    assert "Field 'Hours' must be filled in" in infolog(answer)


async def test_an_unposted_journal_is_deleted_with_its_lines_only(firm: Firm) -> None:
    journal, other = await firm.journal({}, {}), await firm.journal({})

    answer = await firm.delete(_journal(journal))

    assert answer.status_code == 204
    assert {row["JournalId"] for row in await firm.rows("JournalTrans")} == {other}


async def test_a_line_of_an_unposted_journal_can_be_changed_and_deleted(firm: Firm) -> None:
    journal = await firm.journal({}, {})

    changed = await firm.patch(_line(journal), Hours=4)
    deleted = await firm.delete(_line(journal, 2))

    assert (changed.status_code, deleted.status_code) == (204, 204)
    (line,) = await firm.rows("JournalTrans")
    assert line["Hours"] == 4


async def test_a_posted_journal_is_immutable(firm: Firm) -> None:
    journal = await firm.journal({})
    await firm.post_hours(journal)

    refused = [
        await firm.patch(_line(journal), Hours=4),
        await firm.delete(_line(journal)),
        await firm.post("JournalTrans", **firm.line(journal, 2, {})),
        await firm.patch(_journal(journal), Description="other"),
        await firm.delete(_journal(journal)),
    ]

    assert [answer.status_code for answer in refused] == [400] * 5
    expected = f"Journal {journal} is posted and cannot be changed"
    assert all(expected in infolog(answer) for answer in refused)
    (line,) = await firm.rows("JournalTrans")
    assert line["Hours"] == 8


async def test_a_repeated_line_of_a_posted_journal_already_exists(firm: Firm) -> None:
    journal = await firm.journal({})
    await firm.post_hours(journal)

    answer = await firm.post("JournalTrans", **firm.line(journal, 1, {}))

    assert "The record already exists." in infolog(answer)


async def test_posting_cannot_be_set_by_hand(firm: Firm) -> None:
    answer = await firm.patch(_journal(await firm.journal({})), Posted="Yes")

    assert "Field 'Posted' does not allow edits" in infolog(answer)
