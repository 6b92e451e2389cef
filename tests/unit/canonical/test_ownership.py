"""R-023: every field has one owner, and every owned field exists."""

import tomllib

import pytest

from canonical.base import Record
from canonical.clients import Client
from canonical.contracts import Contract
from canonical.entries import TimeEntry
from canonical.invoices import InvoiceStatus
from canonical.projects import Project
from settings import Settings

_RECORDS: dict[str, type[Record]] = {
    "client": Client,
    "contract": Contract,
    "project": Project,
    "time_entry": TimeEntry,
    "invoice": InvoiceStatus,
}
_OWNERSHIP = tomllib.loads(Settings().ownership.read_text())


def test_the_map_speaks_of_records_that_exist() -> None:
    assert set(_OWNERSHIP) == set(_RECORDS)


@pytest.mark.parametrize("name", _RECORDS)
def test_every_owned_field_exists_and_has_a_role_for_its_owner(name: str) -> None:
    fields = _OWNERSHIP[name]

    assert set(fields) <= set(_RECORDS[name].model_fields)
    assert set(fields.values()) <= {"crm", "psa", "erp", "hr"}


@pytest.mark.parametrize(
    ("field", "owner"),
    [
        ("client.tax_profile", "crm"),
        ("contract.price", "crm"),
        ("project.milestones", "psa"),
        ("time_entry.cost", "hr"),
        ("project.dimensions", "erp"),
        ("invoice.number", "erp"),
        ("invoice.balance", "erp"),
    ],
)
def test_the_owners_are_those_of_the_requirements(field: str, owner: str) -> None:
    """R-024 to R-027."""
    record, _, name = field.partition(".")

    assert _OWNERSHIP[record][name] == owner
