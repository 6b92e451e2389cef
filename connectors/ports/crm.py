"""The CRM: accounts, opportunities and commercial terms."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from canonical.clients import Account, ClientLinks
from canonical.invoices import Invoice, InvoiceStatus
from canonical.notices import Notices
from canonical.opportunities import Opportunity
from canonical.projects import ProjectCode
from canonical.systems import ForeignId


class Crm(Protocol):
    """A system that owns accounts, opportunities and commercial terms."""

    async def opportunity(self, opportunity: ForeignId) -> Opportunity:
        """Return the deal as it is now, with its prices and billing schedule. Reads.

        One that was deleted, and of which the CRM still knows, is a deal that is not won.

        Raises:
            Missing: there is no such opportunity.
        """
        ...

    async def account(self, account: ForeignId) -> Account:
        """Return the account as it is now, complete or not. Reads.

        Raises:
            Missing: there is no such account.
        """
        ...

    async def changes(self, cursor: str, now: datetime) -> Notices:
        """Return what others changed since the cursor; "" is all that the CRM still knows.

        The same change may come again, and out of order. What was missed in an outage is found
        another way, and told so. Reads.

        Raises:
            Rejected: the CRM does not let us follow its changes.
        """
        ...

    async def record_client(self, account: ForeignId, links: ClientLinks) -> None:
        """Write the client's ids on its account. Class A: by the account's id.

        Raises:
            Rejected: the CRM refuses the values.
            Missing: the account is gone.
        """
        ...

    async def record_project(
        self, opportunity: ForeignId, codes: Sequence[ProjectCode], status: str
    ) -> None:
        """Write the codes of its projects, and a status, on an opportunity. Class A: by its id.

        Raises:
            Rejected: the CRM refuses the values.
            Missing: the opportunity is gone.
        """
        ...

    async def record_invoice(
        self, opportunity: ForeignId, invoice: Invoice, status: InvoiceStatus
    ) -> ForeignId:
        """Write number, amounts and status of an invoice. Class A: upsert by our reference.

        Raises:
            Rejected: the CRM refuses the values.
        """
        ...
