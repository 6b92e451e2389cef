"""The calls we make to Tryton. See `ports.Erp` for what each promises."""

from connectors.ports import Delivery, ErpDelivery, ErpFeature
from connectors.tryton._closing import Closings
from connectors.tryton._credits import Credits
from connectors.tryton._examination import Examinations
from connectors.tryton._hours import Hours
from connectors.tryton._invoices import Invoices
from connectors.tryton._masters import Masters
from connectors.tryton._parties import Parties
from connectors.tryton._projects import Projects

_DELIVERS = ErpDelivery(
    customer=Delivery.UNIQUE,  # party.code is unique
    contract=Delivery.FINDABLE,
    project=Delivery.FINDABLE,
    journal=Delivery.FINDABLE,
    journal_lines=Delivery.UNIQUE,  # by a placeholder and by stamps
    invoice=Delivery.FINDABLE,
    invoice_lines=Delivery.UNIQUE,  # they come with the invoice
)
_LACKS = frozenset(
    {
        ErpFeature.CONTRACTS,
        ErpFeature.CUSTOMER_GROUPS,
        ErpFeature.PROJECT_GROUPS,
        ErpFeature.HOUR_CATEGORIES,
        ErpFeature.HOUR_JOURNALS,
        ErpFeature.LINE_DATES,
        ErpFeature.LINE_AMOUNTS,
    }
)


class Tryton(Parties, Masters, Projects, Closings, Hours, Invoices, Credits, Examinations):
    """One Tryton database; see `ports.Erp` and `ports.CreditNotes`."""

    @property
    def delivers(self) -> ErpDelivery:
        """Return the classes: Tryton enforces one key; the rest is found again."""
        return _DELIVERS

    @property
    def lacks(self) -> frozenset[ErpFeature]:
        """Return what Tryton does not have; it does have credit notes."""
        return _LACKS
