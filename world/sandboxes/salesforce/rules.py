"""What the standard objects derive from a row, and what they refuse of it."""

from decimal import Decimal

from world.sandboxes.box import Body, Transaction
from world.sandboxes.salesforce import objects
from world.sandboxes.salesforce.columns import Row
from world.sandboxes.salesforce.errors import Refused
from world.sandboxes.salesforce.schema import SObject

_INACTIVE = "pricebook entry is inactive"
_OTHER_CURRENCY = "pricebook entry currency code does not match opportunity currency code"
_OTHER_BOOK = "pricebook entry is not in the pricebook of the opportunity"


def derived(tx: Transaction, sobject: SObject, row: Row, changed: set[str]) -> Row:
    """Return what follows from a row about to be kept; `changed` are the fields just written.

    Raises:
        Refused: the row contradicts another.
    """
    match sobject:
        case objects.CONTACT:
            names = (row.get("FirstName"), row["LastName"])
            return {"Name": " ".join(str(name) for name in names if name)}
        case objects.OPPORTUNITY:
            return _opportunity(row, changed)
        case objects.PRICEBOOK_ENTRY:
            return _price(tx, row)
        case objects.LINE_ITEM:
            return _line_item(tx, row, changed)
        case objects.INVOICE:
            return {"Name": row.get("Name") or row["Id"]}
        case _:
            return {}


def rolled_up(tx: Transaction, opportunity: Row, *, with_amount: bool) -> Row:
    """Return what an opportunity's line items make of it."""
    items = live_items(tx, opportunity)
    if not items:
        return {"HasOpportunityLineItem": False}
    entry = _get(tx, objects.PRICEBOOK_ENTRY, items[0]["PricebookEntryId"])
    changes: Row = {"HasOpportunityLineItem": True, "Pricebook2Id": entry["Pricebook2Id"]}
    if with_amount:
        total = sum((Decimal(item["TotalPrice"]) for item in items), Decimal(0))
        changes["Amount"] = format(total, "f")
    return changes


def live_items(tx: Transaction, opportunity: Row) -> list[Body]:
    """Return the line items that an opportunity has."""
    items = tx.tagged(objects.LINE_ITEM.name, "OpportunityId", opportunity["Id"])
    return [item for item in items if not item["IsDeleted"]]


def _opportunity(row: Row, changed: set[str]) -> Row:
    stage = str(row["StageName"])
    found: Row = {
        "IsWon": stage == objects.WON,
        "IsClosed": stage in (objects.WON, objects.LOST),
        "HasOpportunityLineItem": row.get("HasOpportunityLineItem", False),
    }
    if "StageName" in changed and "Probability" not in changed:
        found["Probability"] = str(objects.STAGES[stage])
    return found


def _price(tx: Transaction, row: Row) -> Row:
    product = _get(tx, objects.PRODUCT, row["Product2Id"])
    book = _get(tx, objects.PRICEBOOK, row["Pricebook2Id"])
    others = [
        other
        for other in tx.tagged(objects.PRICEBOOK_ENTRY.name, "Product2Id", product["Id"])
        if other["CurrencyIsoCode"] == row["CurrencyIsoCode"]
        and other["Id"] != row["Id"]
        and not other["IsDeleted"]
    ]
    if any(other["Pricebook2Id"] == book["Id"] for other in others):
        message = "This price definition already exists in this price book"
        raise Refused(message, code="DUPLICATE_VALUE", fields=())
    books = (_get(tx, objects.PRICEBOOK, other["Pricebook2Id"]) for other in others)
    if not book["IsStandard"] and not any(other["IsStandard"] for other in books):
        message = "No standard price defined for this product"
        raise Refused(message, code="STANDARD_PRICE_NOT_DEFINED", fields=())
    return {"Name": product["Name"], "ProductCode": product.get("ProductCode")}


def _line_item(tx: Transaction, row: Row, changed: set[str]) -> Row:
    opportunity = _get(tx, objects.OPPORTUNITY, row["OpportunityId"])
    entry = _get(tx, objects.PRICEBOOK_ENTRY, row["PricebookEntryId"])
    product = _get(tx, objects.PRODUCT, entry["Product2Id"])
    if not entry["IsActive"]:
        raise _unfit(_INACTIVE)
    currency = row["CurrencyIsoCode"] if "CurrencyIsoCode" in changed else entry["CurrencyIsoCode"]
    if not currency == entry["CurrencyIsoCode"] == opportunity["CurrencyIsoCode"]:
        raise _unfit(_OTHER_CURRENCY)
    if opportunity.get("Pricebook2Id") not in (None, entry["Pricebook2Id"]):
        raise _unfit(_OTHER_BOOK)
    total = Decimal(str(row["Quantity"])) * Decimal(str(row["UnitPrice"]))
    return {
        "CurrencyIsoCode": currency,
        "Product2Id": product["Id"],
        "ProductCode": product.get("ProductCode"),
        "Name": f"{opportunity['Name']} {product['Name']}"[:255],
        "ListPrice": entry["UnitPrice"],
        "TotalPrice": format(total, "f"),
    }


def _unfit(reason: str) -> Refused:
    message = f"field integrity exception: PricebookEntryId ({reason})"
    return Refused(message, code="FIELD_INTEGRITY_EXCEPTION", fields=("PricebookEntryId",))


def _get(tx: Transaction, sobject: SObject, key: object) -> Row:
    row: Row | None = tx.get(sobject.name, str(key))
    if row is None:  # a reference was checked before it was kept
        raise KeyError(key)
    return row
