"""Our name on Kantata's records: external references, and how to find by them."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field

from canonical.systems import ForeignId, SystemId
from connectors.kantata import _wire

_SERVICE = "tiebeam"


@dataclass(frozen=True)
class Kind:
    """What our references call a record, and where Kantata keeps it.

    `path` is the collection, `member` the key of a body; `shown` lifts the filters that hide
    archived records by default.
    """

    model: str
    path: str
    member: str
    shown: Mapping[str, str] = field(default_factory=dict[str, str])


CLIENT = Kind("client", "workspace_groups", "workspace_group")
PROJECT = Kind("project", "workspaces", "workspace", {"include_archived": "true"})
MILESTONE = Kind(
    "milestone",
    "stories",
    "story",
    {"all_on_account": "true", "show_archived": "true", "show_from_archived_workspaces": "true"},
)
INVOICE = Kind("invoice", "invoices", "invoice")


def reference(kind: Kind, ref: str) -> _wire.NewReference:
    """Return the external reference under which we find a record again.

    Raises:
        ValueError: the reference could never be found, since Kantata searches for lists.
    """
    if "," in ref:
        msg = "a reference cannot hold a comma"
        raise ValueError(msg)
    return _wire.NewReference(
        service_name=_SERVICE, service_model=kind.model, service_model_ref=ref
    )


def lookup(kind: Kind, *refs: str) -> dict[str, str]:
    """Return the query that finds every record with one of our references."""
    wanted = [reference(kind, ref).service_model_ref for ref in refs]
    return {
        **kind.shown,
        "external_reference_service_name": _SERVICE,
        "external_reference_service_model_refs": ",".join(wanted),
        "include": "external_references",
        "order": "created_at:asc",
    }


def ours(page: _wire.Page, kind: Kind) -> dict[str, str]:
    """Return our references on a page, by the id of what carries them."""
    return {
        found.subject_id: found.service_model_ref
        for found in page.external_references.values()
        if (found.service_name, found.service_model) == (_SERVICE, kind.model)
    }


def carriers(page: _wire.Page, kind: Kind, wanted: Container[str]) -> list[tuple[str, str]]:
    """Return each result's reference and id.

    Raises:
        ValueError, LookupError: a result carries none of those wanted; was the filter ignored?
    """
    refs = ours(page, kind)
    found = [(refs[result.id], result.id) for result in page.results]
    if any(ref not in wanted for ref, _ in found):
        msg = "another reference than those that were asked for"
        raise ValueError(msg)
    return found


def oldest_first(ids: Iterable[str], system: SystemId) -> tuple[ForeignId, ...]:
    """Return the records by age: Kantata's ids are numbers that grow."""
    return tuple(ForeignId(system=system, value=value) for value in sorted(set(ids), key=int))
