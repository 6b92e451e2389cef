"""The calls we make to Tryton. See `ports.Erp` for what each promises."""

from connectors.ports import Delivery, ErpDelivery, ErpFeature
from connectors.tryton._credits import Credits
from connectors.tryton._hours import Hours
from connectors.tryton._invoices import Invoices
from connectors.tryton._masters import Masters
from connectors.tryton._projects import Projects

_DELIVERS = ErpDelivery(
    customer=Delivery.UNIQUE,  # party.code is unique
    contract=Delivery.FINDABLE,
    project=Delivery.UNIQUE,  # written under the contract's stamp
    journal=Delivery.FINDABLE,
    journal_lines=Delivery.UNIQUE,  # written under the stamps of the move and of the works
    invoice=Delivery.FINDABLE,
    invoice_lines=Delivery.UNIQUE,  # written under the invoice's stamp
)
_LACKS = frozenset(
    {
        ErpFeature.CONTRACTS,
        ErpFeature.CUSTOMER_GROUPS,
        ErpFeature.PROJECT_GROUPS,
        ErpFeature.HOUR_CATEGORIES,
        ErpFeature.HOUR_JOURNALS,
        ErpFeature.LINE_AMOUNTS,
    }
)


class Tryton(Masters, Projects, Hours, Invoices, Credits):
    """One Tryton database; see `ports.Erp` and `ports.CreditNotes`."""

    @property
    def delivers(self) -> ErpDelivery:
        """Return the classes: Tryton enforces one key, and the rest by who wrote a record last."""
        return _DELIVERS

    @property
    def lacks(self) -> frozenset[ErpFeature]:
        """Return what Tryton does not have; it does have credit notes."""
        return _LACKS
