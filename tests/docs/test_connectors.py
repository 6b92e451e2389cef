"""Each connector's page says all there is to say: operations, classes, options, open facts."""

import importlib
import inspect
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from connectors import ports, registry
from tests.docs import pages

HEADINGS = [
    *("Auth", "What maps to what", "Delivery class per operation", "Requests per operation"),
    *("Paging", "Limits", "Money and time", "Idempotency", "Options", "Set-up of the org"),
    *("Unverified facts", "Quirks"),
]
_BY_ROLE: tuple[tuple[dict[str, Any], type], ...] = (
    (registry.CRM, ports.Crm),
    (registry.PSA, ports.Psa),
    (registry.ERP, ports.Erp),
)
PORTS = {vendor: port for vendors, port in _BY_ROLE for vendor in vendors}
_CLASS = re.compile(r"\bClass ([ABC])\b")
OPERATIONS = [
    (vendor, name) for vendor, port in PORTS.items() for name in vars(port) if name[0] != "_"
]


def _page(vendor: str) -> Path:
    return pages.DOCS / "connectors" / f"{vendor}.md"


def _section(vendor: str, heading: str) -> str:
    return pages.sections(_page(vendor))[heading]


def _named(vendor: str, heading: str) -> set[str]:
    """Return what the first column of a section's tables names in backticks."""
    return {
        span for cells in pages.rows(_section(vendor, heading)) for span in pages.spans(cells[0])
    }


def _options(vendor: str) -> type[BaseModel]:
    found: type[BaseModel] = importlib.import_module(f"connectors.{vendor}._options").Options
    return found


def _settings(vendor: str) -> set[str]:
    """Return the names of a sandbox's settings."""
    sandbox = pages.ROOT / "world/sandboxes" / vendor
    module = "settings" if (sandbox / "settings.py").exists() else "_settings"
    found = importlib.import_module(f"world.sandboxes.{vendor}.{module}")
    return set(found.DEFAULTS if hasattr(found, "DEFAULTS") else found.Settings.model_fields)


@pytest.mark.parametrize("vendor", PORTS)
def test_a_page_has_the_fixed_headings(vendor: str) -> None:
    assert list(pages.sections(_page(vendor))) == HEADINGS


@pytest.mark.parametrize(("vendor", "operation"), OPERATIONS)
def test_an_operation_has_the_class_that_its_port_declares(vendor: str, operation: str) -> None:
    declared = inspect.getdoc(getattr(PORTS[vendor], operation)) or ""
    expected = found[1] if (found := _CLASS.search(declared)) else "reads"
    told = {
        span: cells[1]
        for cells in pages.rows(_section(vendor, "Delivery class per operation"))
        for span in pages.spans(cells[0])
    }

    assert told[operation] == expected


@pytest.mark.parametrize(("vendor", "operation"), OPERATIONS)
def test_an_operation_says_how_many_requests_it_makes(vendor: str, operation: str) -> None:
    assert operation in _named(vendor, "Requests per operation")


@pytest.mark.parametrize("vendor", PORTS)
def test_a_page_names_every_option_and_no_other(vendor: str) -> None:
    assert _named(vendor, "Options") == set(_options(vendor).model_fields)


@pytest.mark.parametrize("vendor", PORTS)
def test_a_page_names_every_setting_of_the_sandbox_that_may_stand_for_an_open_fact(
    vendor: str,
) -> None:
    told = set(pages.spans(_section(vendor, "Unverified facts")))

    assert _settings(vendor) - told == set()
    assert _named(vendor, "Unverified facts") <= _settings(vendor)


def test_the_page_of_salesforce_names_every_custom_field_that_the_org_needs() -> None:
    wire = importlib.import_module("connectors.salesforce._wire")
    models = [each for each in vars(wire).values() if isinstance(each, type)]
    fields = [
        str(field.alias or field.serialization_alias)
        for model in models
        if issubclass(model, BaseModel)
        for field in model.model_fields.values()
    ]
    custom = {field for field in fields if field.endswith("__c")}

    assert custom
    assert custom - set(pages.spans(pages.text(_page("salesforce")))) == set()
