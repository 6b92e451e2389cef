"""Reading a project back from Dynamics 365."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from world.stage import money
from world.stage.dynamics_api import Environment, Record, day, number
from world.stage.dynamics_firm import area
from world.stage.readings import (
    Books,
    ErpCustomer,
    ErpInvoice,
    ErpInvoiceLine,
    ErpProject,
    HourPosting,
    LedgerEntry,
    LedgerLine,
)


async def customers(erp: Environment, account: str) -> tuple[ErpCustomer, ...]:
    """Return a customer account, from every legal entity that has it."""
    return tuple(
        ErpCustomer(
            entity=row["dataAreaId"].upper(),
            account=row["CustomerAccount"],
            name=row["OrganizationName"],
            group=row["CustomerGroupId"],
            terms=row["PaymentTerms"],
            tax_group=row["SalesTaxGroup"],
            tax_id=row["TaxExemptNumber"],
            currency=row["SalesCurrencyCode"],
        )
        for row in await erp.select("CustomersV3", {"CustomerAccount": account})
    )


async def books(erp: Environment, entity: str, code: str, currency: str) -> Books:
    """Return everything on a project; `currency` is that of the legal entity's books."""
    own = {"dataAreaId": area(entity)}
    posted = await erp.select("ProjectPostTransViews", own | {"ProjectId": code})
    costs = {row["TransactionId"]: number(row["TotalCostAmount"]) for row in posted}
    postings = [
        _posting(entity, row, costs)
        for row in await erp.select("JournalTrans", own | {"ProjectID": code})
    ]
    invoices = await _invoices(erp, entity, code, currency)
    vouchers = {posting.voucher for posting in postings} | {one.voucher for one in invoices}
    return Books(
        projects=tuple(
            _project(entity, row)
            for row in await erp.select("ProjectsV2", own | {"ProjectId": code})
        ),
        postings=tuple(postings),
        invoices=invoices,
        ledger=await _ledger(erp, entity, currency, vouchers - {None}),
    )


async def _invoices(
    erp: Environment, entity: str, code: str, currency: str
) -> tuple[ErpInvoice, ...]:
    own = {"dataAreaId": area(entity)}
    of_project = await erp.select("FreeTextInvoiceLines", own | {"ProjectID": code})
    found = []
    for document in dict.fromkeys(line["ParentRecId"] for line in of_project):
        on_it = await erp.select("FreeTextInvoiceLines", own | {"ParentRecId": document})
        headers = await erp.select("FreeTextInvoiceHeaders", own | {"InvoiceIdentifier": document})
        for header in headers:
            posted = header["IsPosted"] == "Yes"
            key = {"Invoice": header["FreeTextNumber"]}
            owed = await erp.select("CustTransactions", own | key) if posted else []
            found.append(_invoice(entity, currency, header, on_it, owed))
    return tuple(found)


async def _ledger(
    erp: Environment, entity: str, currency: str, vouchers: Iterable[str | None]
) -> tuple[LedgerEntry, ...]:
    found = []
    for voucher in sorted(str(each) for each in vouchers):
        where = {"SubledgerVoucher": voucher, "SubledgerVoucherDataAreaId": area(entity)}
        for header in await erp.select("GeneralJournalEntryBiEntities", where):
            lines = await erp.select(
                "GeneralJournalAccountEntryBiEntities",
                {"GeneralJournalEntry": header["SourceKey"]},
            )
            found.append(
                LedgerEntry(
                    entity=entity,
                    journal=header["JournalNumber"],
                    voucher=voucher,
                    day=day(header["AccountingDate"]),
                    accounting_currency=currency,
                    lines=tuple(_ledger_line(line, currency) for line in lines),
                )
            )
    return tuple(found)


def _project(entity: str, row: Record) -> ErpProject:
    return ErpProject(
        entity=entity,
        code=row["ProjectId"],
        name=row["ProjectName"],
        contract=row["ProjectContractId"],
        group=row["ProjectGroupId"],
        dimensions=row["DimensionDisplayValue"],
        reference=row["IntegrationSourceDataId"],
    )


def _posting(entity: str, row: Record, costs: Mapping[str, Decimal]) -> HourPosting:
    hours, price, currency = number(row["Hours"]), number(row["CostPrice"]), row["CurrencyId"]
    due = money.rounded(hours * price, currency)
    cost = costs.get(row["TransactionID"], Decimal(0)) if row["Voucher"] else due
    return HourPosting(
        entity=entity,
        journal=row["JournalId"],
        voucher=row["Voucher"] or None,
        entry=row["Description"],
        worker=row["ResourceId"],
        category=row["Category"],
        day=day(row["ProjectDate"]),
        hours=hours,
        cost_price=money.padded(price, currency),
        cost=money.padded(cost, currency),
        currency=currency,
    )


def _invoice(
    entity: str, books_in: str, header: Record, lines: Iterable[Record], owed: Sequence[Record]
) -> ErpInvoice:
    is_posted, currency = header["IsPosted"] == "Yes", header["CurrencyCode"]
    open_amounts = [number(row["AmountCur"]) - number(row["SettleAmountCur"]) for row in owed]
    accounting = [number(row["AmountMST"]) for row in owed]
    shown = [_line(line, currency) for line in lines]
    return ErpInvoice(
        entity=entity,
        document=str(header["InvoiceIdentifier"]),
        reference=header["ExternalInvoiceId"],
        number=header["FreeTextNumber"] if is_posted else None,
        voucher=owed[0]["Voucher"] if owed else None,
        day=day(header["InvoiceDate"]),
        due=day(header["DueDate"]),
        customer=header["CustomerAccount"],
        currency=currency,
        purchase_order=header["CustomerReference"],
        lines=tuple(sorted(shown, key=lambda line: line.number)),
        balance=money.padded(sum(open_amounts, Decimal(0)), currency) if owed else None,
        owed=money.padded(sum(accounting, Decimal(0)), books_in) if owed else None,
    )


def _line(row: Record, currency: str) -> ErpInvoiceLine:
    return ErpInvoiceLine(
        number=int(row["LineNumber"]),
        text=row["Description"],
        note=row["InvoiceText"],
        quantity=number(row["Quantity"]),
        unit_price=money.padded(number(row["UnitPrice"]), currency),
        net=money.padded(number(row["TransactionCurrencyAmount"]), currency),
        tax=money.padded(number(row["SalesTaxAmount"]), currency),
        account=row["MainAccountDisplayValue"],
        dimensions=row["DefaultDimensionDisplayValue"],
    )


def _ledger_line(row: Record, books_in: str) -> LedgerLine:
    currency = row["TransactionCurrencyCode"]
    return LedgerLine(
        account=row["LedgerAccount"],
        kind=row["PostingType"],
        currency=currency,
        amount=money.padded(number(row["TransactionCurrencyAmount"]), currency),
        accounting_amount=money.padded(number(row["AccountingCurrencyAmount"]), books_in),
        text=row["Text"],
    )
