"""Each connector's page says all there is to say: operations, classes, options, open facts."""

import importlib
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from connectors import ports, registry
from tests import operations
from tests.docs import pages

HEADINGS = [
    *("Auth", "What maps to what", "Delivery class per operation", "Requests per operation"),
    *("Paging", "Limits", "Money and time", "Idempotency", "Options", "Set-up of the org"),
    *("Examined", "Unverified facts", "Quirks"),
]
OPERATIONS = [(vendor, name) for vendor in operations.PORTS for name in operations.of(vendor)]


def _page(vendor: str) -> Path:
    return pages.DOCS / "connectors" / f"{vendor}.md"


def _section(vendor: str, heading: str) -> str:
    return pages.sections(_page(vendor))[heading]


def named(vendor: str, heading: str) -> set[str]:
    """Return what the first column of a section's tables names in backticks."""
    return {
        span for cells in pages.rows(_section(vendor, heading)) for span in pages.spans(cells[0])
    }


def _options(vendor: str) -> type[BaseModel]:
    found: type[BaseModel] = importlib.import_module(f"connectors.{vendor}._options").Options
    return found


def settings(vendor: str) -> dict[str, Any]:
    """Return a sandbox's settings and their defaults; a real system has none of ours."""
    sandbox = pages.ROOT / "world/sandboxes" / vendor
    if not sandbox.exists():
        return {}
    module = "settings" if (sandbox / "settings.py").exists() else "_settings"
    found = importlib.import_module(f"world.sandboxes.{vendor}.{module}")
    return dict(found.DEFAULTS if hasattr(found, "DEFAULTS") else found.Settings().model_dump())


@pytest.mark.parametrize("vendor", operations.PORTS)
def test_a_page_has_the_fixed_headings(vendor: str) -> None:
    extra = ["What it lacks"] if vendor in registry.ERP else []
    assert list(pages.sections(_page(vendor))) == [*HEADINGS[:2], *extra, *HEADINGS[2:]]


@pytest.mark.parametrize("vendor", registry.ERP)
def test_what_an_erp_lacks_is_told_with_what_is_done_instead(vendor: str) -> None:
    told = {
        cells[0]: cells[1]
        for cells in pages.rows(_section(vendor, "What it lacks"))
        if cells[0] in set(ports.ErpFeature)
    }

    assert set(told) == operations.connector(vendor).lacks
    assert all(told.values())


@pytest.mark.parametrize(("vendor", "operation"), OPERATIONS)
def test_an_operation_has_the_class_that_is_declared_for_it(vendor: str, operation: str) -> None:
    expected = operations.of(vendor)[operation] or "reads"
    told = {
        span: cells[1]
        for cells in pages.rows(_section(vendor, "Delivery class per operation"))
        for span in pages.spans(cells[0])
    }

    assert told[operation] == expected


@pytest.mark.parametrize(("vendor", "operation"), OPERATIONS)
def test_an_operation_says_how_many_requests_it_makes(vendor: str, operation: str) -> None:
    assert operation in named(vendor, "Requests per operation")


@pytest.mark.parametrize("vendor", operations.PORTS)
def test_a_page_names_every_option_and_no_other(vendor: str) -> None:
    assert named(vendor, "Options") == set(_options(vendor).model_fields)


@pytest.mark.parametrize("vendor", operations.PORTS)
def test_a_page_names_every_setting_of_the_sandbox_that_may_stand_for_an_open_fact(
    vendor: str,
) -> None:
    told = set(pages.spans(_section(vendor, "Unverified facts")))

    assert set(settings(vendor)) - told == set()
    assert named(vendor, "Unverified facts") <= set(settings(vendor))


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
