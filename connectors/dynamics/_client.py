"""The calls we make to F&O. One method per call; see `ports.Erp` for what each promises."""

from connectors.dynamics._closing import Closings
from connectors.dynamics._customers import Customers
from connectors.dynamics._examination import Examinations
from connectors.dynamics._invoices import Invoices
from connectors.dynamics._journals import Journals
from connectors.dynamics._lookups import Lookups
from connectors.dynamics._masters import Masters


class Dynamics(Lookups, Customers, Masters, Closings, Journals, Invoices, Examinations):
    """One F&O environment; see `ports.Erp`. Every entity id is a `dataAreaId` in upper case."""
