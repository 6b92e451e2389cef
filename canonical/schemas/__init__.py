"""The published JSON Schemas of the language, and what may change in them within a version.

`make schemas` writes them. Within a version a schema may gain optional properties and
choices; whoever reads it must go on understanding what it understood before.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from canonical.base import Record
from canonical.cases import Case
from canonical.clients import Client
from canonical.contracts import Contract
from canonical.entries import TimeEntry
from canonical.invoices import Invoice, InvoiceStatus
from canonical.landscape import Landscape
from canonical.mappings import Mapping
from canonical.notices import Notice
from canonical.opportunities import Opportunity
from canonical.postings import HourBatch
from canonical.projects import Project
from canonical.slices import Slice

PUBLISHED: tuple[type[Record], ...] = (
    Case,
    Client,
    Contract,
    HourBatch,
    Invoice,
    InvoiceStatus,
    Landscape,
    Mapping,
    Notice,
    Opportunity,
    Project,
    Slice,
    TimeEntry,
)
_HERE = Path(__file__).parent

Schema = dict[str, Any]


def path(model: type[Record]) -> Path:
    """Return where the schema of a model's version is published."""
    return _HERE / f"{model.__name__}.v{model.schema_version}.json"


def text(model: type[Record]) -> str:
    """Return a model's schema as it is published."""
    return json.dumps(model.model_json_schema(), indent=1, sort_keys=True) + "\n"


def breaks(old: Schema, new: Schema) -> list[str]:
    """Return how a new schema breaks those who rely on the old one; nothing if it does not."""
    found = list(_broken(old, new, "the record"))
    for name, definition in old.get("$defs", {}).items():
        if name in new.get("$defs", {}):
            found += _broken(definition, new["$defs"][name], name)
        else:
            found.append(f"{name} is gone")
    return found


def _broken(old: Schema, new: Schema, where: str) -> Iterator[str]:
    was, now = old.get("properties", {}), new.get("properties", {})
    yield from (f"{where}.{name} is gone" for name in sorted(set(was) - set(now)))
    needed = set(new.get("required", ())) - set(old.get("required", ()))
    yield from (f"{where}.{name} is required now" for name in sorted(needed))
    yield from (f"{where} lost the choice {choice!r}" for choice in _lost(old, new))
    for name in sorted(set(was) & set(now)):
        yield from (
            f"{where}.{name} lost the choice {choice!r}" for choice in _lost(was[name], now[name])
        )
        if _shape(was[name]) != _shape(now[name]):
            yield f"{where}.{name} has another shape"


def _lost(old: Schema, new: Schema) -> list[str]:
    return sorted(set(old.get("enum", ())) - set(new.get("enum", ())))


def _shape(schema: Schema) -> Any:  # noqa: ANN401 - any JSON
    loose = {"title", "description", "default", "enum", "examples"}
    if "anyOf" in schema:
        return sorted(json.dumps(_shape(each), sort_keys=True) for each in schema["anyOf"])
    return {key: value for key, value in schema.items() if key not in loose}
