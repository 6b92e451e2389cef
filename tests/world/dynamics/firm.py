"""An environment with one firm set up in it, and the few words that the tests say to it."""

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import httpx

TENANT = "dynamics-sandbox-tenant"
CLIENT = {
    "grant_type": "client_credentials",
    "client_id": "dynamics-sandbox-client",
    "client_secret": "dynamics-sandbox-secret",
}
SERVICE = "/api/services/TiebeamServices/PostingService"
ACCOUNTS = {
    "receivable": "130100",
    "revenue": "401100",
    "tax": "250100",
    "cost": "601500",
    "clearing": "200140",
}
COMPANIES = {"usmf": "USD", "demf": "EUR"}
Row = dict[str, Any]


def read(text: str | bytes) -> Any:  # noqa: ANN401 - JSON, numbers exact
    return json.loads(text, parse_float=Decimal)


def write(row: Row) -> str:
    members = (
        f"{json.dumps(name)}:{value if isinstance(value, Decimal) else json.dumps(value)}"
        for name, value in row.items()
    )
    return f"{{{','.join(members)}}}"


def infolog(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["innererror"]["message"])


class Firm:
    """Speaks to the sandbox as one registered application."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.base = str(http.base_url).rstrip("/")

    async def sign_in(self) -> None:
        answer = await self.token(scope=f"{self.base}/.default")
        self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    async def token(
        self, path: str = "oauth2/v2.0/token", tenant: str = TENANT, **form: str
    ) -> httpx.Response:
        return await self.http.post(f"/{tenant}/{path}", data=CLIENT | form)

    async def settings(self, **changes: object) -> None:
        answer = await self.http.put("/_admin/settings", json=changes)
        assert answer.is_success, answer.text

    async def clock(self, now: str) -> None:
        answer = await self.http.put("/_admin/clock", json={"now": now})
        assert answer.is_success, answer.text

    async def log(self, operation: str) -> list[Row]:
        entries = (await self.http.get("/_admin/log")).json()
        return [entry["body"] for entry in entries if entry["operation"] == operation]

    async def company(self, data_area: str = "usmf", **changes: object) -> httpx.Response:
        body = {
            "dataAreaId": data_area,
            "accountingCurrency": COMPANIES.get(data_area, "USD"),
            "tax_percentages": {"VAT": "19", "SALES": "10"},
            "accounts": ACCOUNTS,
            "open_periods": [["2026-01-01", "2027-01-01"]],
        }
        return await self.http.put("/_admin/company", json=body | changes)

    async def post(self, entity: str, **row: object) -> httpx.Response:
        headers = {"Content-Type": "application/json"}
        return await self.http.post(f"/data/{entity}", content=write(row), headers=headers)

    async def create(self, entity: str, **row: object) -> Row:
        answer = await self.post(entity, **row)
        assert answer.status_code == 201, answer.text
        return dict(read(answer.content))

    async def patch(self, path: str, **row: object) -> httpx.Response:
        return await self.http.patch(
            f"/data/{path}{'&' if '?' in path else '?'}cross-company=true", content=write(row)
        )

    async def delete(self, path: str) -> httpx.Response:
        return await self.http.delete(f"/data/{path}?cross-company=true")

    async def get(self, path: str, **params: str) -> httpx.Response:
        return await self.http.get(f"/data/{path}", params={"cross-company": "true"} | params)

    async def rows(self, entity: str, where: str = "", **params: str) -> list[Row]:
        options = {"$filter": where} | params if where else params
        answer = await self.get(entity, **options)
        assert answer.status_code == 200, answer.text
        return list(read(answer.content)["value"])

    async def call(self, operation: str, **request: object) -> httpx.Response:
        body = {"_request": {"dataAreaId": "usmf"} | request}
        return await self.http.post(f"{SERVICE}/{operation}", json=body)

    async def journal(self, *lines: Row, company: str = "usmf", **header: object) -> str:
        row = await self.create("JournalTables", dataAreaId=company, JournalName="Hour", **header)
        for number, line in enumerate(lines, 1):
            await self.create("JournalTrans", **self.line(row["JournalBatchNumber"], number, line))
        return str(row["JournalBatchNumber"])

    def line(self, journal: str, number: int, changes: Row) -> Row:
        return {
            "dataAreaId": "usmf",
            "JournalId": journal,
            "LineNumber": number,
            "ProjectID": "P1",
            "ResourceId": "E1",
            "Category": "CONSULTANT",
            "LineProperty": "NonCharge",
            "ProjectDate": "2026-03-02T12:00:00Z",
            "Hours": 8,
            "CostPrice": 70,
            "CurrencyId": "USD",
            "DimensionDisplayValue": "CONS-P1",
        } | changes

    async def post_hours(self, journal: str, company: str = "usmf") -> Row:
        answer = await self.call("postHourJournal", dataAreaId=company, journalId=journal)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def invoice(self, *lines: Row, **header: object) -> int:
        row = {
            "dataAreaId": "usmf",
            "CustomerAccount": "US-001",
            "InvoiceDate": "2026-03-31T12:00:00Z",
            "CurrencyCode": "USD",
        } | header
        invoice = await self.create("FreeTextInvoiceHeaders", **row)
        for number, line in enumerate(lines, 1):
            await self.create(
                "FreeTextInvoiceLines",
                **{
                    "dataAreaId": row["dataAreaId"],
                    "ParentRecId": invoice["InvoiceIdentifier"],
                    "LineNumber": number,
                    "DefaultDimensionDisplayValue": "CONS-P1",
                }
                | line,
            )
        return int(invoice["InvoiceIdentifier"])

    async def post_invoice(self, invoice: int, company: str = "usmf") -> Row:
        answer = await self.call("postFreeTextInvoice", dataAreaId=company, invoiceId=invoice)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def entries(self, voucher: str) -> list[tuple[str, Decimal, Decimal]]:
        """Return a voucher's entries: account with dimensions, both amounts."""
        found = []
        for header in await self.rows(
            "GeneralJournalEntryBiEntities", f"SubledgerVoucher eq '{voucher}'"
        ):
            where = f"GeneralJournalEntry eq {header['SourceKey']}"
            for row in await self.rows("GeneralJournalAccountEntryBiEntities", where):
                amount = Decimal(row["TransactionCurrencyAmount"])
                accounting = Decimal(row["AccountingCurrencyAmount"])
                found.append((str(row["LedgerAccount"]), amount, accounting))
        return found


async def set_up(firm: Firm) -> None:
    """Set the firm up through the vendor's own sets, as a person would."""
    await firm.sign_in()
    for company in COMPANIES:
        await firm.create("LegalEntities", LegalEntityId=company, Name=company.upper())
        await firm.company(company)
    await _create_all(firm, "Currencies", ({"CurrencyCode": code} for code in ("USD", "EUR")))
    accounts = (
        {"ChartOfAccounts": "Shared", "MainAccountId": number} for number in ACCOUNTS.values()
    )
    await _create_all(firm, "MainAccounts", accounts)
    await firm.create("ProjectTransactionCategories", CategoryId="CONSULTANT")
    await firm.create(
        "FinancialDimensionValues", FinancialDimension="BusinessUnit", DimensionValue="CONS"
    )
    for company in COMPANIES:
        await _set_up_company(firm, {"dataAreaId": company})


async def _set_up_company(firm: Firm, area: Row) -> None:
    await firm.create("CustomerGroups", **area, CustomerGroupId="10")
    await firm.create("PaymentTerms", **area, Name="Net30", NumberOfDays=30)
    await firm.create(
        "CustomersV3",
        **area,
        CustomerAccount="US-001",
        OrganizationName="Contoso",
        CustomerGroupId="10",
        SalesCurrencyCode="USD",
        PaymentTerms="Net30",
    )
    await _create_all(firm, "TaxCodes", (area | {"TaxCode": code} for code in ("VAT", "SALES")))
    for group, code, facts in (
        ("DOM", "VAT", {}),
        ("US", "SALES", {}),
        ("EU-RC", "VAT", {"ReverseCharge": "Yes"}),
        ("EXEMPT", "VAT", {"ExemptTax": "Yes"}),
    ):
        await firm.create("TaxGroups", **area, TaxGroupCode=group)
        await firm.create("TaxGroupDatas", **area, TaxGroupId=group, TaxCodeId=code, **facts)
    await firm.create("ProjectLineProperties", **area, LinePropertyId="NonCharge")
    await firm.create("ProjectGroups", **area, ProjectGroup="TM")
    await firm.create(
        "ProjectsV2", **area, ProjectId="P1", ProjectName="Rollout", ProjectGroupId="TM"
    )
    await firm.create(
        "ProjectResources", ResourceId="E1", ResourceCompanyId=area["dataAreaId"], Name="Ada"
    )


async def _create_all(firm: Firm, entity: str, rows: Iterable[Row]) -> None:
    for row in rows:
        await firm.create(entity, **row)
