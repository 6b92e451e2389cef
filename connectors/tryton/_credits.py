"""Credit notes: a posted invoice is taken back as a whole, by Tryton's own wizard."""

from contextlib import suppress
from datetime import date
from typing import cast

from canonical.organization import EntityId
from canonical.systems import ForeignId
from connectors import errors
from connectors.tryton import _wire
from connectors.tryton._faults import VENDOR
from connectors.tryton._rpc import Value
from connectors.tryton._server import Domain, Server, unwritten

_WIZARD = "wizard.account.invoice.credit"


class Credits(Server):
    """The wizard posts the credit and cancels the invoice in one transaction."""

    async def credit_invoice(
        self, entity: EntityId, document: ForeignId, issued_on: date
    ) -> ForeignId:
        """Credit a whole posted invoice and return the credit's id.

        Class A: a cancelled invoice cannot be credited again, and its credit is found by
        its lines, each of which names the line that it takes back. It is made under the
        invoice's stamp: with SQLite two at once could both find the invoice posted.

        Raises:
            Rejected: Tryton refuses, for example because the invoice is not posted.
            Missing: there is no such invoice.
            Transient: somebody has written the invoice, maybe credited it, at the same time.
        """
        company = await self._company(entity)
        invoice = await self._row(_wire.Invoice, int(document.value), company)
        credit = await self._credit_of(invoice.id, company)
        if credit is not None:
            return credit
        if invoice.state != "posted":
            raise errors.Rejected(VENDOR, "the invoice is not open", reason=invoice.state)
        try:
            await self._run(invoice, issued_on, company)
        except errors.Rejected as refusal:
            credit = await self._credit_of(invoice.id, company)
            if credit is None:
                raise refusal from None
            return credit
        credit = await self._credit_of(invoice.id, company)
        if credit is None:
            raise errors.Uncertain(VENDOR, "the credit is not there after it was made")
        return credit

    async def _credit_of(self, invoice: int, company: _wire.Company) -> ForeignId | None:
        where: Domain = [
            ["company", "=", company.id],
            ["state", "in", ["posted", "paid"]],
            ["origin_invoices", "=", invoice],
        ]
        found = await self._rows(_wire.FoundInvoice, where, company, most=1)
        return self._id(found[0].id) if found else None

    async def _run(self, invoice: _wire.Invoice, issued_on: date, company: _wire.Company) -> None:
        context = self._context(company)
        opened = await self._rpc.call(f"{_WIZARD}.create", [context], write=True)
        session = cast("list[Value]", opened)[0] if isinstance(opened, list) and opened else None
        if not isinstance(session, int):
            raise errors.Drifted(VENDOR, "the wizard does not open")
        about: dict[str, Value] = {
            "active_model": invoice.model,
            "active_id": invoice.id,
            "active_ids": [invoice.id],
            **unwritten([invoice]),
        }
        start: Value = {
            "start": {"with_refund": True, "with_refund_allowed": True, "invoice_date": issued_on}
        }
        try:
            await self._rpc.call(
                f"{_WIZARD}.execute", [session, start, "credit", context | about], write=True
            )
        finally:
            with suppress(errors.ConnectorError):  # it holds nothing; Tryton clears it some day
                await self._rpc.call(f"{_WIZARD}.delete", [session, context], write=True)
