"""What each connector can do, and in which delivery class, as ports and connectors declare it."""

import importlib
import inspect
import re
from typing import Any

from connectors import ports, registry

_BY_ROLE: tuple[tuple[dict[str, Any], type], ...] = (
    (registry.CRM, ports.Crm),
    (registry.PSA, ports.Psa),
    (registry.ERP, ports.Erp),
)
PORTS = {vendor: port for vendors, port in _BY_ROLE for vendor in vendors}
_CLASS = re.compile(r"\bClass ([ABC])\b")
_DECLARED = {  # by the connector itself, where ERPs differ
    "create_customer": "customer",
    "create_contract": "contract",
    "create_project": "project",
    "create_journal": "journal",
    "fill_journal": "journal_lines",
    "create_invoice": "invoice",
    "fill_invoice": "invoice_lines",
}


def of(vendor: str) -> dict[str, str | None]:
    """Return the operations by name, each with its class A, B or C; None if it only reads."""
    spoken = [PORTS[vendor]]
    if vendor in registry.ERP and ports.ErpFeature.CREDIT_NOTES not in connector(vendor).lacks:
        spoken.append(ports.CreditNotes)
    return {
        name: _class(vendor, name, value)
        for port in spoken
        for name, value in vars(port).items()
        if name[0] != "_" and not isinstance(value, property)
    }


def connector(vendor: str) -> Any:  # noqa: ANN401 - of whichever class the vendor has
    """Return an ERP's connector that never calls: what it declares needs no connection."""
    package = importlib.import_module(f"connectors.{vendor}")
    named = [getattr(package, name) for name in package.__all__]
    return object.__new__(next(kind for kind in named if hasattr(kind, "delivers")))


def _class(vendor: str, name: str, operation: object) -> str | None:
    if vendor in registry.ERP and name in _DECLARED:
        return str(getattr(connector(vendor).delivers, _DECLARED[name]).value)
    found = _CLASS.search(inspect.getdoc(operation) or "")
    return found[1] if found else None
