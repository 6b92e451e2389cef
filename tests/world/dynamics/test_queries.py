from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.world.dynamics.firm import Firm, infolog, read

_HOLD = "Microsoft.Dynamics.DataEntities.CustVendorBlocked"


@pytest.fixture
async def customers(firm: Firm) -> Firm:
    for account, name, limit, hold in (
        ("A", "Alpha's Garden", Decimal("10.5"), "No"),
        ("B", "Beta", Decimal(9), "All"),
        ("C", "Gamma (old)", Decimal("0.1"), "No"),
    ):
        await firm.create(
            "CustomersV3",
            dataAreaId="usmf",
            CustomerAccount=account,
            OrganizationName=name,
            CustomerGroupId="10",
            SalesCurrencyCode="USD",
            CreditLimit=limit,
            OnHoldStatus=hold,
            PaymentMethod="test",
        )
    return firm


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("OrganizationName eq 'Beta'", "B"),
        ("OrganizationName eq 'Alpha''s Garden'", "A"),
        ("OrganizationName ne 'Beta'", "AC"),
        ("OrganizationName eq '*a*'", "ABC"),
        ("OrganizationName eq 'Gamma (*'", "C"),
        ("OrganizationName eq '*eta'", "B"),
        ("OrganizationName ne '*eta'", "AC"),
        ("OrganizationName eq 'eta*'", ""),
        ("OrganizationName gt 'B'", "BC"),
        ("CreditLimit gt 9", "A"),
        ("CreditLimit ge 9", "AB"),
        ("CreditLimit lt 9.0", "C"),
        ("CreditLimit le 0.10", "C"),
        ("CreditLimit eq 10.50", "A"),
        ("CreditLimit gt -1", "ABC"),
        (f"OnHoldStatus eq {_HOLD}'All'", "B"),
        (f"OnHoldStatus ne {_HOLD}'All'", "AC"),
        ("CustomerAccount eq 'A' or CustomerAccount eq 'C'", "AC"),
        ("OrganizationName eq 'Beta' or CustomerAccount eq 'C'", "BC"),
        ("not (OrganizationName eq 'Beta')", "AC"),
        ("not (CustomerAccount eq 'A')", "BC"),
        ("not CustomerAccount eq 'A'", "BC"),
        ("CustomerAccount eq 'A' or CustomerAccount eq 'B' and CreditLimit gt 9", "A"),
        ("(CustomerAccount eq 'A' or CustomerAccount eq 'B') and CreditLimit lt 10", "B"),
        ("CustomerAccount eq 'A' and CustomerAccount eq 'B'", ""),
        ("dataAreaId eq 'usmf' and CustomerAccount eq 'B'", "B"),
        ("dataAreaId eq 'demf' and CustomerAccount eq 'B'", ""),
    ],
)
async def test_a_filter_keeps_what_matches(customers: Firm, where: str, expected: str) -> None:
    where = f"({where}) and PaymentMethod eq 'test'"

    rows = await customers.rows("CustomersV3", where)

    assert "".join(row["CustomerAccount"] for row in rows) == expected


async def test_dates_are_compared_by_their_days(firm: Firm) -> None:
    for day in ("2026-01-01", "2026-02-01", "2026-03-01"):
        await firm.create(
            "ExchangeRates",
            RateTypeName="Default",
            FromCurrency="EUR",
            ToCurrency="USD",
            StartDate=f"{day}T00:00:00Z",
            Rate=108,
        )

    later = await firm.rows("ExchangeRates", "StartDate ge 2026-02-01T00:00:00Z")
    one = await firm.rows("ExchangeRates", "StartDate eq 2026-02-01")

    assert [row["StartDate"][:10] for row in later] == ["2026-02-01", "2026-03-01"]
    assert [row["StartDate"] for row in one] == ["2026-02-01T12:00:00Z"]


@pytest.mark.parametrize(
    "where",
    [
        "Nothing eq 'x'",
        "CustomerAccount in ('A')",
        "startswith(CustomerAccount,'A')",
        "CustomerAccount eq",
        "CustomerAccount eq 'A",
        "CustomerAccount eq A",
        "CustomerAccount eq 7",
        "CustomerAccount eq 'A' and",
        "CustomerAccount eq 'A' 'B'",
        "(CustomerAccount eq 'A'",
        "CustomerAccount has 'A'",
        "CreditLimit eq '7'",
        "OnHoldStatus eq 'All'",
        f"OnHoldStatus gt {_HOLD}'All'",
        f"OnHoldStatus eq {_HOLD}'Maybe'",
        "OnHoldStatus eq Microsoft.Dynamics.DataEntities.NoYes'No'",
        "(" * 60 + "CustomerAccount eq 'A'" + ")" * 60,
        "%",
    ],
)
async def test_a_filter_that_cannot_be_read_is_refused(firm: Firm, where: str) -> None:
    answer = await firm.get("CustomersV3", **{"$filter": where})

    assert answer.status_code == 400
    assert infolog(answer)


async def test_selected_properties_are_in_the_context(customers: Firm) -> None:
    answer = await customers.get(
        "CustomersV3", **{"$select": "CustomerAccount,CreditLimit", "$filter": "CreditLimit gt 0"}
    )

    body = answer.json()
    assert body["@odata.context"].endswith("$metadata#CustomersV3(CustomerAccount,CreditLimit)")
    assert set(body["value"][0]) == {"@odata.etag", "CustomerAccount", "CreditLimit"}


async def test_rows_are_ordered_by_several_properties(customers: Firm) -> None:
    rows = await customers.rows(
        "CustomersV3",
        "PaymentMethod eq 'test'",
        **{"$orderby": "OnHoldStatus desc,CreditLimit asc"},
    )

    assert [row["CustomerAccount"] for row in rows] == ["C", "A", "B"]


async def test_numbers_are_ordered_as_numbers(customers: Firm) -> None:
    rows = await customers.rows(
        "CustomersV3", "PaymentMethod eq 'test'", **{"$orderby": "CreditLimit"}
    )

    assert [row["CreditLimit"] for row in rows] == [Decimal("0.1"), 9, Decimal("10.5")]


async def test_top_and_skip_take_a_part_and_count_ignores_them(customers: Firm) -> None:
    answer = await customers.get(
        "CustomersV3",
        **{"$filter": "PaymentMethod eq 'test'", "$top": "1", "$skip": "1", "$count": "true"},
    )

    body = answer.json()
    assert [row["CustomerAccount"] for row in body["value"]] == ["B"]
    assert body["@odata.count"] == 3
    assert "@odata.nextLink" not in body


async def test_a_set_is_counted_in_plain_text(customers: Firm) -> None:
    answer = await customers.get("CustomersV3/$count", **{"$filter": "PaymentMethod eq 'test'"})

    assert (answer.text, answer.headers["Content-Type"]) == ("3", "text/plain")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("$top", "-1"),
        ("$skip", "one"),
        ("$select", "Nothing"),
        ("$orderby", "Nothing"),
        ("$orderby", "CreditLimit sideways"),
        ("$expand", "Lines"),
        ("$search", "Beta"),
    ],
)
async def test_an_option_that_cannot_be_used_is_refused(
    firm: Firm, option: str, value: str
) -> None:
    assert (await firm.get("CustomersV3", **{option: value})).status_code == 400


async def _pages(firm: Firm, **options: str) -> list[list[str]]:
    pages = []
    answer = await firm.get("FinancialDimensionValues", **options)
    while True:
        body = read(answer.content)
        pages.append([row["DimensionValue"] for row in body["value"]])
        if "@odata.nextLink" not in body:
            return pages
        assert urlsplit(body["@odata.nextLink"]).netloc == "erp.test"
        answer = await firm.http.get(body["@odata.nextLink"])


async def test_pages_follow_the_next_link_to_the_end(firm: Firm) -> None:
    for number in range(7):
        await firm.create(
            "FinancialDimensionValues", FinancialDimension="Region", DimensionValue=f"R&{number}"
        )
    await firm.settings(page_size=3)
    where = "FinancialDimension eq 'Region' and DimensionValue ne 'R&6'"

    pages = await _pages(firm, **{"$filter": where, "$select": "DimensionValue"})
    limited = await _pages(firm, **{"$filter": where, "$top": "4"})

    assert pages == [["R&0", "R&1", "R&2"], ["R&3", "R&4", "R&5"]]
    assert limited == [["R&0", "R&1", "R&2"], ["R&3"]]


async def test_a_next_link_keeps_the_other_options(firm: Firm) -> None:
    await firm.settings(page_size=1)

    body = (await firm.get("CustomersV3", **{"$orderby": "dataAreaId desc"})).json()

    options = parse_qs(urlsplit(body["@odata.nextLink"]).query)
    assert options == {
        "cross-company": ["true"],
        "$orderby": ["dataAreaId desc"],
        "$skip": ["1"],
    }


async def test_one_row_can_be_selected_from(firm: Firm) -> None:
    path = "CustomersV3(dataAreaId='usmf',CustomerAccount='US-001')"

    body = (await firm.get(path, **{"$select": "OrganizationName"})).json()

    assert body["@odata.context"].endswith("#CustomersV3(OrganizationName)/$entity")
    assert set(body) == {"@odata.context", "@odata.etag", "OrganizationName"}


async def test_numbers_come_back_digit_by_digit(firm: Firm) -> None:
    sent = Decimal("1234567890123.12345678")
    path = "CustomersV3(dataAreaId='usmf',CustomerAccount='US-001')"

    await firm.patch(path, CreditLimit=sent)

    answer = await firm.get(path, **{"$select": "CreditLimit"})
    assert '"CreditLimit":1234567890123.12345678' in answer.text


@pytest.mark.parametrize(
    ("sent", "written"), [("0.1", "0.1"), ("1.50", "1.5"), ("-0.0", "0"), ("2E+3", "2000")]
)
async def test_numbers_have_one_form(firm: Firm, sent: str, written: str) -> None:
    path = "CustomersV3(dataAreaId='usmf',CustomerAccount='US-001')"

    await firm.patch(path, CreditLimit=Decimal(sent))

    answer = await firm.get(path, **{"$select": "CreditLimit"})
    assert f'"CreditLimit":{written}}}' in answer.text
