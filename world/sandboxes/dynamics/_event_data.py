"""The catalog of business events, as an entity set."""

from world.sandboxes.dynamics._enums import MODULE
from world.sandboxes.dynamics._schema import EntitySet, Row, choice, field

INVOICE_POSTED = "CustFreeTextInvoicePostedBusinessEvent"
EVENT_CATALOG = EntitySet(
    name="BusinessEventsCatalogs",
    type_name="BusinessEventsCatalog",
    table="BusinessEventsCatalogEntity",
    label="Business events catalog",
    keys=("BusinessEventId",),
    fields=(
        field("BusinessEventId"),
        field("Name"),
        field("Description"),
        choice("Module", MODULE),
        field("Contract"),
    ),
    read_only=True,
)
EVENT_DATA = (EVENT_CATALOG,)


def catalog(payment_event: str) -> list[Row]:
    """Return the rows of the events that can happen here."""
    return [
        _row(INVOICE_POSTED, "Free text invoice posted", "A free text invoice is posted."),
        _row(payment_event, "Customer payment posted", "A payment of a customer is posted."),
    ]


def _row(event: str, name: str, description: str) -> Row:
    return EVENT_CATALOG.blank | {
        "_id": 0,
        "_version": 1,
        "BusinessEventId": event,
        "Name": name,
        "Description": description,
        "Module": "Cust",
        "Contract": f"{event}Contract",
    }
