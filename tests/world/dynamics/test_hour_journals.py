from decimal import Decimal

import pytest

from tests.world.dynamics.firm import SERVICE, Firm, Row, infolog

_D = Decimal


def _line(journal: str, number: int = 1) -> str:
    return f"JournalTrans(dataAreaId='usmf',LineNumber={number},JournalId='{journal}')"


async def test_posted_hours_are_cost_against_clearing(firm: Firm) -> None:
    """O-01: 40 h at a cost of 70 and an expense of 500."""
    journal = await firm.journal(
        {"Hours": 40, "CostPrice": 70, "Description": "labor"},
        {"Hours": 1, "CostPrice": 500, "Description": "expense"},
    )

    posted = await firm.post_hours(journal)

    assert posted == {"Success": True, "Voucher": posted["Voucher"], "Message": ""}
    assert await firm.entries(posted["Voucher"]) == [
        ("601500-CONS-P1", _D(2800), _D(2800)),
        ("200140-CONS-P1", _D(-2800), _D(-2800)),
        ("601500-CONS-P1", _D(500), _D(500)),
        ("200140-CONS-P1", _D(-500), _D(-500)),
    ]


async def test_a_posted_journal_is_in_the_log_with_its_lines(firm: Firm) -> None:
    journal = await firm.journal(
        {"Hours": _D("1.5"), "CostPrice": _D("33.33"), "Description": "entry/1"},
        Description="batch/1",
    )

    posted = await firm.post_hours(journal)

    (entry,) = await firm.log("hour_journal.posted")
    assert (entry["journalId"], entry["description"]) == (journal, "batch/1")
    assert (entry["voucher"], entry["accountingCurrency"]) == (posted["Voucher"], "USD")
    (line,) = entry["lines"]
    assert (line["description"], line["hours"], line["costPrice"]) == ("entry/1", "1.5", "33.33")
    assert (line["cost"], line["accountingCost"], line["currency"]) == ("50.00", "50.00", "USD")
    assert [(e["account"], e["amount"], e["accountingAmount"]) for e in entry["entries"]] == [
        ("601500", "50.00", "50.00"),
        ("200140", "-50.00", "-50.00"),
    ]
    assert {e["date"] for e in entry["entries"]} == {"2026-03-02"}


async def test_lines_are_posted_in_the_order_of_their_numbers(firm: Firm) -> None:
    await firm.post_hours(await firm.journal({"LineNumber": 10}, {"LineNumber": 9}))
    line = {"TransactionCurrencyAmount": 1}
    await firm.post_invoice(await firm.invoice(line | {"LineNumber": 10}, line | {"LineNumber": 9}))

    for operation in ("hour_journal.posted", "free_text_invoice.posted"):
        (entry,) = await firm.log(operation)
        assert [line["lineNumber"] for line in entry["lines"]] == ["9", "10"]


async def test_posted_hours_are_project_transactions_that_the_lines_name(firm: Firm) -> None:
    journal = await firm.journal({"Hours": _D("7.25"), "CostPrice": 80, "SalesPrice": 150})

    posted = await firm.post_hours(journal)

    (view,) = await firm.rows("ProjectPostTransViews", "ProjectId eq 'P1'")
    line = (await firm.get(_line(journal))).json()
    assert (view["Quantity"], view["TotalCostAmount"], view["TotalSalesAmount"]) == (
        _D("7.25"),
        580,
        _D("1087.5"),
    )
    assert (view["TransactionType"], view["TransactionOrigin"]) == ("Hour", "HourJournal")
    assert (view["ResourceName"], view["LinePropertyId"]) == ("Ada", "NonCharge")
    assert line["TransactionID"] == view["TransactionId"]
    assert line["Voucher"] == posted["Voucher"]
    path = f"ProjectPostTransViews(dataAreaId='usmf',TransactionId='{view['TransactionId']}')"
    assert (await firm.get(path)).json()["ProjectId"] == "P1"


@pytest.mark.parametrize(
    ("currency", "hours", "price", "cost"),
    [
        ("USD", "0.0001", "50", "0.01"),
        ("USD", "-0.0001", "50", "-0.01"),
        ("USD", "-0.0001", "1", "0.00"),
        ("USD", "1.005", "1", "1.01"),
        ("USD", "0.0033", "150", "0.50"),
        ("JPY", "0.5", "101", "51"),
        ("BHD", "0.5", "1.001", "0.501"),
        ("CLF", "0.5", "1.0001", "0.5001"),
    ],
)
async def test_a_line_s_cost_is_rounded_half_away_from_zero_to_the_minor_unit(
    firm: Firm, currency: str, hours: str, price: str, cost: str
) -> None:
    if currency != "USD":
        await firm.create("Currencies", CurrencyCode=currency)
    await firm.company(accountingCurrency=currency)
    journal = await firm.journal(
        {"Hours": _D(hours), "CostPrice": _D(price), "CurrencyId": currency}
    )

    await firm.post_hours(journal)

    (entry,) = await firm.log("hour_journal.posted")
    assert entry["lines"][0]["cost"] == cost


async def test_lines_that_cost_nothing_leave_no_entries(firm: Firm) -> None:
    journal = await firm.journal({"CostPrice": 0}, {"Hours": _D("0.0001"), "CostPrice": 1})

    posted = await firm.post_hours(journal)

    assert await firm.entries(posted["Voucher"]) == []
    assert len(await firm.rows("ProjectPostTransViews")) == 2


async def test_the_cost_is_in_the_line_s_currency_or_the_company_s_by_switch(firm: Firm) -> None:
    await firm.create(
        "ExchangeRates",
        RateTypeName="Default",
        FromCurrency="EUR",
        ToCurrency="USD",
        StartDate="2026-01-01T12:00:00Z",
        Rate=_D("1.1"),
        ConversionFactor="One",
    )
    line = {"Hours": 1, "CostPrice": 100, "CurrencyId": "EUR"}

    await firm.settings(cost_price_currency="line")
    first = await firm.post_hours(await firm.journal(line))
    await firm.settings(cost_price_currency="accounting")
    second = await firm.post_hours(await firm.journal(line))

    assert (await firm.entries(first["Voucher"]))[0][1:] == (_D(100), _D(110))
    assert (await firm.entries(second["Voucher"]))[0][1:] == (_D(100), _D(100))


async def test_defaults_of_a_line_come_from_its_company_and_date(firm: Firm) -> None:
    journal = await firm.journal()

    row = await firm.create("JournalTrans", **firm.line(journal, 1, {"CurrencyId": ""}))

    assert (row["CurrencyId"], row["ResourceCompanyId"]) == ("USD", "usmf")
    assert row["VoucherDate"] == row["ProjectDate"] == "2026-03-02T12:00:00Z"
    assert row["Voucher"] == row["TransactionID"] == ""


async def test_the_voucher_date_decides_the_period(firm: Firm) -> None:
    late = {"ProjectDate": "2025-12-31T12:00:00Z", "VoucherDate": "2026-01-01T12:00:00Z"}

    posted = await firm.post_hours(await firm.journal(late))

    assert posted["Success"]
    (header,) = await firm.rows("GeneralJournalEntryBiEntities")
    assert header["AccountingDate"] == "2026-01-01T12:00:00Z"
    assert header["SubledgerVoucher"] == posted["Voucher"]
    assert header["SubledgerVoucherDataAreaId"] == "usmf"


async def test_each_day_of_a_voucher_has_its_own_header(firm: Firm) -> None:
    journal = await firm.journal({}, {"ProjectDate": "2026-03-03T12:00:00Z"}, {})

    await firm.post_hours(journal)

    headers = await firm.rows("GeneralJournalEntryBiEntities")
    assert [row["AccountingDate"][:10] for row in headers] == ["2026-03-02", "2026-03-03"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ({"VoucherDate": "2027-01-01T12:00:00Z"}, "Fiscal period for 2027-01-01 is not open"),
        (
            {"DimensionDisplayValue": "SALES-P1"},
            "'SALES' of the financial dimension 'BusinessUnit'",
        ),
        ({"DimensionDisplayValue": "CONS-P9"}, "'P9' of the financial dimension 'Project'"),
        ({"DimensionDisplayValue": "CONS-P-1"}, "does not fit the format 'BusinessUnit-Project'"),
        ({"CurrencyId": "EUR"}, "No exchange rate from EUR to USD on 2026-03-02"),
        ({"Hours": 9 * 10**15, "CostPrice": 9}, "out of range"),
    ],
)
async def test_a_journal_that_cannot_be_posted_stays_as_it_was(
    firm: Firm, line: Row, expected: str
) -> None:
    journal = await firm.journal({}, line)

    posted = await firm.post_hours(journal)

    assert not posted["Success"]
    assert expected in posted["Message"]
    assert posted["Voucher"] == ""
    assert (await firm.get(_line(journal))).json()["Voucher"] == ""
    assert await firm.rows("GeneralJournalAccountEntryBiEntities") == []
    assert await firm.log("hour_journal.posted") == []
    (header,) = await firm.rows("JournalTables")
    assert header["Posted"] == "No"


async def test_every_problem_is_named_once(firm: Firm) -> None:
    closed = {"ProjectDate": "2025-12-31T12:00:00Z", "DimensionDisplayValue": "SALES"}

    posted = await firm.post_hours(await firm.journal(closed, closed))

    assert posted["Message"].count("Error: ") == 2
    assert "Fiscal period for 2025-12-31 is not open" in posted["Message"]


async def test_a_suspended_or_unknown_account_is_refused(firm: Firm) -> None:
    journal = await firm.journal({})
    account = "MainAccounts(ChartOfAccounts='Shared',MainAccountId='601500')"

    await firm.patch(account, IsSuspended="Yes")
    suspended = await firm.post_hours(journal)
    await firm.delete(account)
    unknown = await firm.post_hours(journal)

    assert "Main account '601500' is suspended" in suspended["Message"]
    assert "Main account '601500' does not exist" in unknown["Message"]


async def test_a_company_s_own_chart_of_accounts_counts(firm: Firm) -> None:
    await firm.company(chartOfAccounts="Other")

    posted = await firm.post_hours(await firm.journal({}))

    assert "Main account '601500' does not exist" in posted["Message"]


async def test_a_suspended_dimension_value_is_refused(firm: Firm) -> None:
    key = "FinancialDimension='BusinessUnit',LegalEntityId='',DimensionValue='CONS'"
    await firm.patch(f"FinancialDimensionValues({key})", IsSuspended="Yes")

    posted = await firm.post_hours(await firm.journal({}))

    assert "'CONS' of the financial dimension 'BusinessUnit' is suspended" in posted["Message"]


async def test_a_delimiter_inside_a_dimension_value_is_escaped(firm: Firm) -> None:
    await firm.create(
        "ProjectsV2", dataAreaId="usmf", ProjectId="P-1", ProjectName="X", ProjectGroupId="TM"
    )

    posted = await firm.post_hours(await firm.journal({"DimensionDisplayValue": r"CONS-P\-1"}))

    assert (await firm.entries(posted["Voucher"]))[0][0] == r"601500-CONS-P\-1"


@pytest.mark.parametrize(("is_dimension", "expected"), [(True, True), (False, False)])
async def test_a_new_project_is_a_dimension_value_by_switch(
    firm: Firm, *, is_dimension: bool, expected: bool
) -> None:
    await firm.settings(project_is_dimension=is_dimension)
    await firm.create(
        "ProjectsV2", dataAreaId="usmf", ProjectId="P7", ProjectName="X", ProjectGroupId="TM"
    )

    posted = await firm.post_hours(await firm.journal({"DimensionDisplayValue": "CONS-P7"}))

    assert posted["Success"] is expected


@pytest.mark.parametrize(("checked", "status"), [(True, 400), (False, 201)])
async def test_dimension_values_are_checked_when_written_by_switch(
    firm: Firm, *, checked: bool, status: int
) -> None:
    await firm.settings(dimensions_checked_on_write=checked)
    line = firm.line(await firm.journal(), 1, {"DimensionDisplayValue": "SALES"})

    assert (await firm.post("JournalTrans", **line)).status_code == status


async def test_hours_of_a_project_in_a_closed_stage_are_refused(firm: Firm) -> None:
    journal = await firm.journal({})
    await firm.patch("ProjectsV2(dataAreaId='usmf',ProjectId='P1')", ProjectStage="Completed")

    refused = await firm.post_hours(journal)
    await firm.settings(project_stages_closed=[])
    posted = await firm.post_hours(journal)

    assert "Hours cannot be posted to project P1 in stage Completed" in refused["Message"]
    assert posted["Success"]


async def test_hours_of_a_project_that_is_gone_are_refused(firm: Firm) -> None:
    journal = await firm.journal({})
    await firm.delete("ProjectsV2(dataAreaId='usmf',ProjectId='P1')")

    posted = await firm.post_hours(journal)

    assert "Error: Project P1 does not exist." in posted["Message"]


async def test_a_journal_is_posted_once(firm: Firm) -> None:
    journal = await firm.journal({})
    first = await firm.post_hours(journal)

    second = await firm.post_hours(journal)

    assert first["Success"]
    assert second["Message"] == f"Error: Journal {journal} is already posted."
    assert len(await firm.log("hour_journal.posted")) == 1


async def test_a_journal_without_lines_or_of_another_company_is_refused(firm: Firm) -> None:
    journal = await firm.journal()

    empty = await firm.post_hours(journal)
    elsewhere = await firm.post_hours(journal, company="demf")

    assert empty["Message"] == f"Error: Journal {journal} has no lines."
    assert elsewhere["Message"] == f"Error: Journal {journal} does not exist in company demf."


async def test_a_refusal_is_an_http_error_by_switch(firm: Firm) -> None:
    journal = await firm.journal()
    await firm.settings(posting_refusal_status=500)

    answer = await firm.call("postHourJournal", journalId=journal)

    assert answer.status_code == 500
    assert infolog(answer) == f"Error: Journal {journal} has no lines."


async def test_the_service_has_the_name_that_the_firm_gave_it(firm: Firm) -> None:
    journal = await firm.journal({})
    await firm.settings(posting_service="/api/services/Acme/Post")
    body = {"_request": {"dataAreaId": "usmf", "journalId": journal}}

    old = await firm.http.post(f"{SERVICE}/postHourJournal", json=body)
    new = await firm.http.post("/api/services/Acme/Post/postHourJournal", json=body)

    assert (old.status_code, new.json()["Success"]) == (404, True)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        '{"_request":{}}',
        '{"_request":{"dataAreaId":"usmf","journalId":7}}',
        '{"_request":{"dataAreaId":"usmf","journalId":"\\ud800"}}',
    ],
)
async def test_a_call_that_is_not_the_contract_is_refused(firm: Firm, body: str) -> None:
    answer = await firm.http.post(f"{SERVICE}/postHourJournal", content=body)

    assert answer.status_code == 400
