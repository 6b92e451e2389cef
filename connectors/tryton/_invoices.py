"""Customer invoices: a draft that carries our reference and all its lines, posting."""

from canonical.codes import InvoiceCodes
from canonical.invoices import Invoice, InvoiceStatus
from canonical.organization import EntityId
from canonical.systems import ForeignId
from connectors import errors
from connectors.ports import Document
from connectors.tryton import _mapping, _wire
from connectors.tryton._analytics import Analytics
from connectors.tryton._faults import VENDOR
from connectors.tryton._server import Domain


class Invoices(Analytics):
    """What clients are billed. Tryton numbers, taxes and posts."""

    async def find_invoices(self, invoice: Invoice) -> tuple[Document, ...]:
        """Return the customer invoices with our reference, the oldest first.

        A draft that somebody cancelled in Tryton is none: it cannot be posted any more.
        """
        company = await self._company(invoice.entity)
        where: Domain = [
            ["company", "=", company.id],
            ["type", "=", "out"],
            ["reference", "=", invoice.reference],
        ]
        return tuple(
            Document(id=self._id(found.id), is_posted=found.is_posted)
            for found in await self._rows(_wire.FoundInvoice, where, company)
            if not found.is_dropped
            and found.reference == invoice.reference  # a database may ignore case
        )

    async def create_invoice(
        self, invoice: Invoice, customer: ForeignId, codes: InvoiceCodes
    ) -> ForeignId:
        """Create a draft with all its lines, in one call. Class B: its reference can be searched.

        The purchase order is its description and the tax note its comment. Address (the one
        for invoices, else the first), payment term and receivable account are the party's,
        the account else the company's.

        Raises:
            Rejected: Tryton refuses it or a line, the party has no address or receivable
                account, or something that a line names is not set up.
        """
        company = await self._company(invoice.entity)
        party = await self._billed(customer, company)
        account = await self._receivable(party, company)
        journal = await self._known(_wire.Journal, None, {"code": self._options.revenue_journal})
        books = await self._revenue_books(invoice, codes, company)
        values = _mapping.new_invoice(
            invoice, party, books, account=account, journal=journal.id, company=company.id
        )
        return self._id(await self._create(_wire.Invoice, values, company))

    async def holds_invoice_lines(self, draft: ForeignId, invoice: Invoice) -> bool:
        """Tell whether the draft's lines are the invoice's."""
        company = await self._company(invoice.entity)
        await self._row(_wire.Invoice, int(draft.value), company)
        where: Domain = [["invoice", "=", int(draft.value)], ["company", "=", company.id]]
        return _mapping.bills(await self._rows(_wire.InvoiceLine, where, company), invoice)

    async def fill_invoice(self, draft: ForeignId, invoice: Invoice, codes: InvoiceCodes) -> None:
        """See that the lines are there: they came with the draft. Class A: nothing is written.

        Raises:
            Rejected: the draft holds other lines.
            Missing: there is no such draft.
        """
        del codes  # the draft was created with them
        if not await self.holds_invoice_lines(draft, invoice):
            raise errors.Rejected(VENDOR, "the draft holds other lines")

    async def discard_invoice(self, entity: EntityId, draft: ForeignId) -> None:
        """Delete a draft; its lines go with it. Class A."""
        company = await self._company(entity)
        invoice = int(draft.value)
        if not await self._rows(_wire.FoundInvoice, [["id", "=", invoice]], company):
            return
        try:
            await self._change(_wire.Invoice, "delete", [[invoice]], company)
        except errors.Rejected:
            if await self._rows(_wire.FoundInvoice, [["id", "=", invoice]], company):
                raise

    async def post_invoice(self, entity: EntityId, draft: ForeignId) -> ForeignId:
        """Post a draft and return the number of its move. Class A: a posted one stays.

        Raises:
            Rejected: Tryton refuses to post; a number, for one, may not have an earlier date
                than the number before it.
            Missing: there is no such draft.
        """
        company = await self._company(entity)
        refusal: errors.Rejected | None = None
        try:
            await self._change(_wire.Invoice, "post", [[int(draft.value)]], company)
        except errors.Rejected as exc:
            refusal = exc
        invoice = await self._row(_wire.Invoice, int(draft.value), company)
        if not invoice.is_posted:
            raise refusal or errors.Uncertain(VENDOR, "the invoice is not posted")
        if not invoice.voucher:
            raise errors.Drifted(VENDOR, "a posted invoice has no move")
        return self._id(invoice.voucher)

    async def invoice_status(self, entity: EntityId, document: ForeignId) -> InvoiceStatus:
        """Return number, amounts and balance; a draft shows net and tax too."""
        company = await self._company(entity)
        invoice = await self._row(_wire.Invoice, int(document.value), company)
        try:
            return _mapping.invoice_status(invoice)
        except ValueError:  # its text quotes the amounts
            raise errors.Drifted(VENDOR, "the amounts do not fit their currency") from None

    async def _billed(self, customer: ForeignId, company: _wire.Company) -> _wire.Party:
        party = await self._party(customer, company)
        if not party.addresses:
            reason = f"{party.code} has no address"
            raise errors.Rejected(VENDOR, "the party has no address", reason=reason)
        return party

    async def _receivable(self, party: _wire.Party, company: _wire.Company) -> int:
        if party.account_receivable is not None:
            return party.account_receivable
        for defaults in await self._rows(_wire.Configuration, [], company, most=1):
            if defaults.default_account_receivable is not None:
                return defaults.default_account_receivable
        raise errors.Rejected(VENDOR, "no receivable account is set up")

    async def _revenue_books(
        self, invoice: Invoice, codes: InvoiceCodes, company: _wire.Company
    ) -> _mapping.RevenueBooks:
        own = {"company": company.id}  # what is billed is never as it was a minute ago
        account = await self._only(_wire.Account, company, own | {"code": codes.revenue_account})
        tax = await self._only(_wire.Tax, company, own | {"name": codes.tax_group})
        currency = await self._known(_wire.Currency, None, {"code": invoice.currency})
        return _mapping.RevenueBooks(
            revenue_account=account.id,
            tax=tax.id,
            currency=currency.id,
            unit=await self._known(_wire.Unit, None, {"name": self._options.hour_unit}),
            axes=await self._axes([line.dimensions for line in invoice.lines], company),
        )
