"""Invoices of the tests, drafted with their lines."""

from canonical.invoices import Invoice
from canonical.systems import ForeignId
from connectors.tryton import Tryton
from tests.connectors.tryton.house import DOMESTIC, Deal


async def filled(erp: Tryton, deal: Deal, invoice: Invoice) -> ForeignId:
    draft = await erp.create_invoice(invoice, deal.customer, DOMESTIC)
    await erp.fill_invoice(draft, invoice, DOMESTIC)
    return draft
