"""Which value mappings does a landscape need, and which of them has nobody entered?

Every code of ours that a process can look up must lead somewhere in each system that it is
looked up in, for each legal entity. Closed sets of codes are known; of the open ones (terms,
practices, roles) whatever one system maps, every system that serves an entity must map.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple, get_args

from canonical.clients import TaxStatus
from canonical.landscape import Landscape
from canonical.mappings import Mapping as Row
from canonical.mappings import MappingKind, MappingMissingError, Mappings
from canonical.opportunities import BillingModel
from canonical.organization import EntityId
from canonical.systems import SystemId
from canonical.tax import Treatment

_CLOSED: dict[MappingKind, tuple[str, ...]] = {
    "tax_group": get_args(Treatment),
    "customer_group": get_args(TaxStatus),
    "project_group": get_args(BillingModel),
    "revenue_account": get_args(BillingModel),
}
_OPEN: tuple[MappingKind, ...] = ("payment_terms", "business_unit")


class Gap(NamedTuple):
    """A row that is not there; `ours` is empty where there is none of the kind at all."""

    system: SystemId
    entity: EntityId
    kind: MappingKind
    ours: str


def decide(landscape: Landscape, rows: Mapping[SystemId, Mappings], today: date) -> tuple[Gap, ...]:
    """Return every row that is missing on a day."""
    everything = [row for each in rows.values() for row in each.rows]
    needed = list(_needed(everything))
    found: list[Gap] = []
    for entity, routes in landscape.routes.items():
        if not any(row.kind == "role" for row in rows[routes.psa].rows):
            found.append(Gap(routes.psa, entity, "role", ""))
        found += [
            Gap(routes.erp, entity, kind, ours)
            for kind, ours in needed
            if not _has(rows[routes.erp], kind, ours, entity=entity, today=today)
        ]
    return tuple(found)


def _needed(everything: Sequence[Row]) -> Iterator[tuple[MappingKind, str]]:
    for kind, codes in _CLOSED.items():
        for code in codes:
            yield kind, code
    for kind in _OPEN:
        known = sorted({row.ours for row in everything if row.kind == kind})
        for code in known or [""]:
            yield kind, code
    for role in sorted({row.theirs for row in everything if row.kind == "role"}):
        yield "category", role


def _has(rows: Mappings, kind: MappingKind, ours: str, *, entity: EntityId, today: date) -> bool:
    try:
        rows.value(kind, ours, entity=entity, on=today)
    except MappingMissingError:
        return False
    return True
