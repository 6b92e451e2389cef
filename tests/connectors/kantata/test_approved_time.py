from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from canonical.entries import TimeEntry
from canonical.money import Rate
from canonical.worktime import WorkTime
from connectors import errors
from connectors.ports import TimePage
from tests.connectors.kantata.records import kantata, psa_id
from tests.connectors.kantata.server import Server


class Timesheet:
    """A server with one approved timesheet of a person whose employee number is known."""

    def __init__(self, *, largest_page: int = 200, status: str = "approved") -> None:
        self.server = Server(largest_page=largest_page)
        self.workspace = self.server.put("workspaces", external_reference_ids=[])
        self.role = self.server.put("roles", name="Senior Consultant")
        self.user = self.hire("E-17")
        self.id = self.server.put(
            "timesheet_submissions",
            status=status,
            current_resolution_creator_id=3,
            current_resolution_created_at_date="2026-01-19T09:00:00-08:00",
        )

    def hire(self, number: str | None) -> str:
        user = self.server.put("users", full_name="Ada")
        if number is not None:
            self.server.refer("users", user, "hr", "Worker", number)
        return user

    def add(self, **fields: Any) -> str:  # noqa: ANN401 - a field is anything
        entry = {
            "workspace_id": self.workspace,
            "user_id": self.user,
            "role_id": self.role,
            "active_submission_id": self.id,
            "date_performed": "2026-01-12",
            "time_in_minutes": 480,
            "billable": True,
            "notes": "Design",
            "cost_rate_in_cents": 9000,
            "currency": "USD",
            "currency_base_unit": 100,
        }
        return self.server.put("time_entries", **entry | fields)

    async def page(self, number: int = 1) -> TimePage:
        async with kantata(self.server) as psa:
            return await psa.approved_time(psa_id(self.id), number)

    async def only(self) -> TimeEntry:
        (entry,) = (await self.page()).entries
        return entry


async def test_an_entry_comes_with_everything_that_prices_it() -> None:
    timesheet = Timesheet()
    number = timesheet.add()

    assert await timesheet.page() == TimePage(
        entries=(
            TimeEntry(
                id=psa_id(number),
                project=psa_id(timesheet.workspace),
                employee="E-17",
                role="Senior Consultant",
                work_date=date(2026, 1, 12),
                worked=WorkTime.of_minutes(480),
                is_billable=True,
                cost=Rate(currency="USD", per_hour=Decimal(90)),
                approved_by="3",
                approved_at=datetime(2026, 1, 19, 17, tzinfo=UTC),
                note="Design",
            ),
        ),
        next_page=None,
    )


@pytest.mark.parametrize(
    ("cents", "currency", "base_unit", "per_hour"),
    [
        (9001, "USD", 100, "90.01"),
        (15000, "JPY", 1, "15000"),
        (25125, "KWD", 1000, "25.125"),
        (99999, "CLF", 10000, "9.9999"),
        (0, "EUR", 100, "0"),
    ],
)
async def test_cost_is_exact_in_every_currency(
    cents: int, currency: str, base_unit: int, per_hour: str
) -> None:
    timesheet = Timesheet()
    timesheet.add(cost_rate_in_cents=cents, currency=currency, currency_base_unit=base_unit)

    entry = await timesheet.only()

    assert entry.cost == Rate(currency=currency, per_hour=Decimal(per_hour))


async def test_ten_minutes_are_ten_minutes_and_not_a_rounded_hour() -> None:
    timesheet = Timesheet()
    timesheet.add(time_in_minutes=10)

    entry = await timesheet.only()

    assert entry.worked.seconds == 600
    assert str(entry.worked.at(Rate(currency="USD", per_hour=Decimal(150)))) == "25.00 USD"


async def test_what_kantata_does_not_know_is_empty() -> None:
    timesheet = Timesheet()
    timesheet.add(cost_rate_in_cents=None, role_id=None, notes=None, user_id=timesheet.hire(None))

    entry = await timesheet.only()

    assert (entry.cost, entry.role, entry.note, entry.employee) == (None, "", "", None)


@pytest.mark.parametrize("status", ["pending", "rejected", "cancelled"])
async def test_time_that_is_not_approved_is_not_handed_out(status: str) -> None:
    timesheet = Timesheet(status=status)
    timesheet.add()

    assert await timesheet.page() == TimePage(entries=(), next_page=None)


async def test_an_approval_that_is_taken_back_between_two_pages_breaks_the_timesheet_off() -> None:
    timesheet = Timesheet(largest_page=1)
    timesheet.add()
    timesheet.add()

    async with kantata(timesheet.server) as psa:
        assert (await psa.approved_time(psa_id(timesheet.id), 1)).next_page == 2
        timesheet.server.rows["timesheet_submissions"][timesheet.id]["status"] = "rejected"
        with pytest.raises(errors.Transient):
            await psa.approved_time(psa_id(timesheet.id), 2)

        assert await psa.approved_time(psa_id(timesheet.id), 1) == TimePage(
            entries=(), next_page=None
        )


async def test_only_the_entries_of_the_timesheet_come_even_from_an_archived_project() -> None:
    timesheet = Timesheet()
    number = timesheet.add()
    timesheet.add(active_submission_id="1")
    timesheet.server.rows["workspaces"][timesheet.workspace]["archived"] = True

    assert (await timesheet.only()).id == psa_id(number)


async def test_pages_say_where_the_next_one_is() -> None:
    timesheet = Timesheet(largest_page=2)
    numbers = [timesheet.add() for _ in range(5)]

    pages = [await timesheet.page(number) for number in (1, 2, 3)]

    assert [page.next_page for page in pages] == [2, 3, None]
    assert [entry.id.value for page in pages for entry in page.entries] == numbers
    assert {query["per_page"] for query in timesheet.server.asked("time_entries")} == {"200"}


async def test_employee_numbers_are_asked_for_once_a_timesheet_and_again_for_a_newcomer() -> None:
    timesheet = Timesheet(largest_page=1)
    timesheet.add()
    timesheet.add()

    async with kantata(timesheet.server) as psa:
        await psa.approved_time(psa_id(timesheet.id), 1)
        await psa.approved_time(psa_id(timesheet.id), 2)
        assert len(timesheet.server.asked("external_references")) == 1
        timesheet.add(user_id=timesheet.hire("E-18"))
        (entry,) = (await psa.approved_time(psa_id(timesheet.id), 3)).entries

    assert entry.employee == "E-18"


async def test_an_employee_number_that_was_corrected_counts_from_the_next_timesheet_on() -> None:
    timesheet = Timesheet()
    timesheet.add()

    async with kantata(timesheet.server) as psa:
        await psa.approved_time(psa_id(timesheet.id), 1)
        (reference,) = timesheet.server.rows["external_references"].values()
        reference["service_model_ref"] = "E-71"
        (entry,) = (await psa.approved_time(psa_id(timesheet.id), 1)).entries

    assert entry.employee == "E-71"


async def test_a_timesheet_without_entries_asks_for_no_employee_numbers() -> None:
    timesheet = Timesheet()

    assert await timesheet.page() == TimePage(entries=(), next_page=None)
    assert timesheet.server.asked("external_references") == []


async def test_only_the_number_of_the_human_resources_system_is_an_employee_number() -> None:
    timesheet = Timesheet()
    timesheet.server.refer("users", timesheet.user, "payroll", "Worker", "P-1")
    timesheet.server.refer("users", timesheet.user, "hr", "Contractor", "C-1")
    timesheet.server.refer("workspace_groups", timesheet.user, "hr", "Worker", "G-1")
    timesheet.add()

    def unfiltered(request: httpx.Request) -> httpx.Response:
        url = request.url
        for name in ("service_name", "service_model", "subject_type"):
            url = url.copy_remove_param(name)
        return timesheet.server(httpx.Request("GET", url, headers=request.headers))

    async with kantata(unfiltered) as psa:
        (entry,) = (await psa.approved_time(psa_id(timesheet.id), 1)).entries

    assert entry.employee == "E-17"


async def test_an_approval_is_told_in_utc() -> None:
    timesheet = Timesheet()
    timesheet.add()

    entry = await timesheet.only()

    assert entry.approved_at.isoformat() == "2026-01-19T17:00:00+00:00"


async def test_employee_numbers_beyond_one_page_are_read_too() -> None:
    timesheet = Timesheet(largest_page=2)
    for number in range(4):
        timesheet.hire(f"X-{number}")
    timesheet.add(user_id=timesheet.hire("E-99"))

    assert (await timesheet.only()).employee == "E-99"


async def test_records_are_taken_in_the_order_of_the_results_and_not_from_the_map() -> None:
    timesheet = Timesheet()
    first, second = timesheet.add(), timesheet.add()

    def disordered(request: httpx.Request) -> httpx.Response:
        response = timesheet.server(request)
        if not request.url.path.endswith("/time_entries"):
            return response
        answer = response.json()
        rows = answer["time_entries"]
        answer["time_entries"] = {"999": rows[first], **dict(reversed(rows.items()))}
        return httpx.Response(200, json=answer)

    async with kantata(disordered) as psa:
        entries = (await psa.approved_time(psa_id(timesheet.id), 1)).entries

    assert [entry.id.value for entry in entries] == [first, second]


@pytest.mark.parametrize(
    "fields",
    [
        {"user_id": None},
        {"workspace_id": None},
        {"role_id": "99999"},
        {"time_in_minutes": 10.5},
        {"currency": "XXX"},
        {"currency_base_unit": 0},
        {"currency_base_unit": 7},
        {"cost_rate_in_cents": 90.5},
        {"cost_rate_in_cents": -1},
    ],
    ids=str,
)
async def test_an_entry_that_does_not_fit_is_drift(fields: dict[str, Any]) -> None:
    timesheet = Timesheet()
    timesheet.add(**fields)

    with pytest.raises(errors.Drifted):
        await timesheet.page()


async def test_an_answer_without_what_include_promises_is_drift() -> None:
    timesheet = Timesheet()
    timesheet.add()

    def forgetful(request: httpx.Request) -> httpx.Response:
        bare = request.url.copy_remove_param("include")
        return timesheet.server(httpx.Request("GET", bare, headers=request.headers))

    async with kantata(forgetful) as psa:
        with pytest.raises(errors.Drifted):
            await psa.approved_time(psa_id(timesheet.id), 1)


async def test_an_entry_of_another_timesheet_is_drift() -> None:
    timesheet = Timesheet()
    timesheet.add(active_submission_id="1")

    def unfiltered(request: httpx.Request) -> httpx.Response:
        url = request.url
        if url.path.endswith("/time_entries"):
            url = url.copy_set_param("with_timesheet_id", "1")
        return timesheet.server(httpx.Request("GET", url, headers=request.headers))

    async with kantata(unfiltered) as psa:
        with pytest.raises(errors.Drifted):
            await psa.approved_time(psa_id(timesheet.id), 1)


async def test_an_approval_by_nobody_is_drift() -> None:
    timesheet = Timesheet()
    timesheet.add()
    del timesheet.server.rows["timesheet_submissions"][timesheet.id][
        "current_resolution_creator_id"
    ]

    with pytest.raises(errors.Drifted):
        await timesheet.page()
