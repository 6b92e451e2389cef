"""The value mappings examined: whether there are any, and every one that somebody will need."""

from collections.abc import Iterable, Mapping
from datetime import date

from canonical.findings import Finding, broken, well
from canonical.landscape import Landscape
from canonical.mappings import Mappings
from canonical.systems import SystemId
from policies import mapping_coverage

_LOAD = "add it to mappings.toml, then run `tiebeam mappings load`"


def examine(
    landscape: Landscape, rows: Mapping[SystemId, Mappings], today: date
) -> Iterable[Finding]:
    """Yield what is missing; if nothing is, how many rows there are."""
    count = sum(len(each.rows) for each in rows.values())
    if not count:
        yield broken("mappings", "none are loaded", "run `tiebeam mappings load`")
        return
    gaps = mapping_coverage.decide(landscape, rows, today)
    for gap in gaps:
        of = f"{gap.kind} for {gap.ours!r}" if gap.ours else f"{gap.kind} at all"
        shown = f"{gap.system} has no {of} ({gap.entity})"
        yield broken(f"mapping {gap.kind}", shown, _LOAD)
    if not gaps:
        yield well("mappings", f"{count} rows, and every one that is needed")
