"""R-024 to R-027: the owners of the fields are those of the requirements."""

import pytest

import settings
from canonical.base import Record
from canonical.clients import Client
from canonical.contracts import Contract
from canonical.entries import TimeEntry
from canonical.invoices import InvoiceStatus
from canonical.ownership import OwnerRole
from canonical.projects import Project
from settings import Settings

_RECORDS: dict[str, type[Record]] = {
    "client": Client,
    "contract": Contract,
    "project": Project,
    "time_entry": TimeEntry,
    "invoice": InvoiceStatus,
}
_OWNERS = settings.load_ownership(Settings().ownership).owners


def test_the_shipped_map_speaks_of_records_that_there_are() -> None:
    assert set(_OWNERS) == set(_RECORDS)


@pytest.mark.parametrize("kind", _RECORDS)
def test_every_owned_field_is_one_of_its_record(kind: str) -> None:
    assert set(_OWNERS[kind]) <= set(_RECORDS[kind].model_fields)


@pytest.mark.parametrize(
    ("kind", "field", "owner"),
    [
        ("client", "tax_profile", "crm"),
        ("contract", "price", "crm"),
        ("project", "milestones", "psa"),
        ("time_entry", "approved_by", "psa"),
        ("time_entry", "cost", "hr"),
        ("project", "dimensions", "erp"),
        ("invoice", "number", "erp"),
        ("invoice", "balance", "erp"),
    ],
)
def test_a_field_has_the_owner_that_the_requirements_name(
    kind: str, field: str, owner: OwnerRole
) -> None:
    assert _OWNERS[kind][field] == owner
