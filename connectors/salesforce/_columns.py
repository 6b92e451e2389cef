"""Which objects and fields of an org we need, and of which type; derived from the wire models."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Literal, Union, get_args, get_origin

from connectors.salesforce import _faults, _wire

_TEXTS = frozenset(
    {"string", "textarea", "picklist", "id", "reference", "url", "email", "phone", "combobox"}
)
_TYPES: dict[object, frozenset[str]] = {
    str: _TEXTS,
    bool: frozenset({"boolean"}),
    date: frozenset({"date"}),
    int: frozenset({"int", "double"}),
    Decimal: frozenset({"currency", "double", "percent", "int"}),
}


@dataclass(frozen=True)
class Need:
    """A field that we read or write, and the types that it may have."""

    sobject: str
    name: str
    types: frozenset[str]
    is_written: bool = False
    is_key: bool = False


_READ: tuple[tuple[str, type[_wire.Wire]], ...] = (
    ("Account", _wire.Account),
    ("Opportunity", _wire.Opportunity),
    ("OpportunityLineItem", _wire.LineItem),
    ("Billing_Schedule_Line__c", _wire.ScheduleLine),
)
_WRITTEN: tuple[tuple[str, type[_wire.Wire]], ...] = (
    ("Account", _wire.AccountLinks),
    ("Opportunity", _wire.Delivery),
    ("Invoice__c", _wire.Invoice),
)
PICKLISTS = {
    ("Account", "Tax_Status__c"): ("Business", "Consumer", "Exempt"),
    ("Opportunity", "Billing_Model__c"): ("Time and materials", "Milestones"),
    ("Opportunity", "Billing_Frequency__c"): ("Monthly", "On completion"),
}
CHILDREN = {"Opportunity": ("OpportunityLineItems", "Billing_Schedule_Lines__r")}


def needs() -> dict[str, list[Need]]:
    """Return the fields that we need, by object."""
    found: dict[str, list[Need]] = {}
    for need in _all():
        found.setdefault(need.sobject, []).append(need)
    return found


def _all() -> Iterator[Need]:
    for sobject, model in _READ:
        for name, field in model.model_fields.items():
            yield Need(sobject, field.alias or name, _types(field.annotation))
    for sobject, model in _WRITTEN:
        for name, field in model.model_fields.items():
            written = field.serialization_alias or name
            yield Need(sobject, written, _types(field.annotation), is_written=True)
    yield Need("Invoice__c", _faults.KEY, _TEXTS, is_written=True, is_key=True)


def _types(annotation: object) -> frozenset[str]:
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        (annotation,) = (part for part in get_args(annotation) if part is not NoneType)
        return _types(annotation)
    if origin is Annotated:
        return _types(get_args(annotation)[0])
    return _TEXTS if origin is Literal else _TYPES[annotation]
