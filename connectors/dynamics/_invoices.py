"""Free text invoices: a header that carries our reference, its lines in one change set, posting."""

from decimal import Decimal

from canonical.codes import InvoiceCodes
from canonical.invoices import Invoice, InvoiceStatus
from canonical.organization import EntityId
from canonical.systems import ForeignId
from connectors import errors
from connectors.dynamics import _faults, _mapping, _odata, _wire
from connectors.dynamics._environment import Environment, Selection
from connectors.dynamics._faults import VENDOR
from connectors.ports import Document


class Invoices(Environment):
    """What clients are billed. One request a call, more only where a method says so."""

    async def find_invoices(self, invoice: Invoice) -> tuple[Document, ...]:
        """Return the invoices with our reference; F&O counts their identifiers upward."""
        area, reference = _mapping.area(invoice.entity), invoice.reference
        where = _odata.equal(dataAreaId=area, ExternalInvoiceId=reference)
        rows = await self._rows(_wire.Invoice, Selection(where, "InvoiceIdentifier"))
        return tuple(
            Document(id=self._id(row.invoice_identifier), is_posted=row.is_posted == "Yes")
            for row in rows
            if row.external_invoice_id == reference  # F&O ignores case and has a wildcard
        )

    async def create_invoice(
        self, invoice: Invoice, customer: ForeignId, codes: InvoiceCodes
    ) -> ForeignId:
        """Create a draft without lines. Class B: `ExternalInvoiceId` can be searched."""
        row = _mapping.new_invoice(invoice, customer, codes)
        header = await self._insert(row, _wire.Invoice)
        return self._id(header.invoice_identifier)

    async def holds_invoice_lines(self, draft: ForeignId, invoice: Invoice) -> bool:
        """Tell whether the draft's lines are the invoice's."""
        lines = await self._invoice_lines(_mapping.area(invoice.entity), draft)
        found = [(line.line_number, line.transaction_currency_amount) for line in lines]
        return found == sorted((Decimal(line.number), line.net.amount) for line in invoice.lines)

    async def fill_invoice(self, draft: ForeignId, invoice: Invoice, codes: InvoiceCodes) -> None:
        """Add all lines or none, at most 5,000. Class A: line numbers are unique.

        The tax note stands in the first line's `InvoiceText`. If the lines are there
        already, a second request reads them.

        Raises:
            Rejected: F&O refuses a line, or the draft holds other lines.
            ValueError: the invoice is too large, or empty.
        """
        lines = _mapping.new_invoice_lines(int(draft.value), invoice, codes, self._options)
        try:
            await self._insert_all(lines)
        except errors.Rejected as refusal:
            if not _faults.is_taken(refusal):
                raise
            if not await self.holds_invoice_lines(draft, invoice):
                detail = "the draft holds other lines"
                raise errors.Rejected(VENDOR, detail, reason=refusal.reason) from None

    async def discard_invoice(self, entity: EntityId, draft: ForeignId) -> None:
        """Delete a draft; its lines go with it. Class A."""
        area = _mapping.area(entity)
        await self._delete(_wire.Invoice, dataAreaId=area, InvoiceIdentifier=int(draft.value))

    async def post_invoice(self, entity: EntityId, draft: ForeignId) -> ForeignId:
        """Post a draft and return its voucher. Class A.

        When refused, a second request tells posted from missing and from refused, and a
        third reads the voucher of a posted one.
        """
        area = _mapping.area(entity)
        try:
            return await self._post(
                "postFreeTextInvoice", dataAreaId=area, invoiceId=int(draft.value)
            )
        except errors.Rejected:
            header = await self._header(area, draft)
            if header.is_posted == "No":
                raise
        receivables = await self._receivables(area, header)
        return self._posted(row.voucher for row in receivables)

    async def invoice_status(self, entity: EntityId, document: ForeignId) -> InvoiceStatus:
        """Return number, amounts and balance. Two requests, three for a posted one.

        Raises:
            Missing: there is no such document.
        """
        area = _mapping.area(entity)
        header = await self._header(area, document)
        lines = await self._invoice_lines(area, document)
        receivables = await self._receivables(area, header) if header.is_posted == "Yes" else []
        try:
            return _mapping.invoice_status(header, lines, receivables)
        except ValueError:  # its text quotes the amounts
            raise errors.Drifted(VENDOR, "the amounts do not fit their currency") from None

    async def _header(self, area: str, document: ForeignId) -> _wire.Invoice:
        return await self._read(
            _wire.Invoice, dataAreaId=area, InvoiceIdentifier=int(document.value)
        )

    async def _invoice_lines(self, area: str, document: ForeignId) -> list[_wire.InvoiceLine]:
        where = _odata.equal(dataAreaId=area, ParentRecId=int(document.value))
        return await self._rows(_wire.InvoiceLine, Selection(where, "LineNumber"))

    async def _receivables(self, area: str, header: _wire.Invoice) -> list[_wire.Receivable]:
        where = _odata.equal(dataAreaId=area, Invoice=header.free_text_number)
        return await self._rows(_wire.Receivable, Selection(where, "SysRecId"))
