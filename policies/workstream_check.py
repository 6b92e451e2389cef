"""Does every line of a deal say to which of its projects it belongs?

The rule: either no line names a workstream, and the deal has one project; or each of them does.
Names that differ in capitals only are one name misspelled. A deal has at most 20 of them.
"""

from collections.abc import Iterator

from canonical.cases import Defect
from canonical.opportunities import Opportunity, PriceLine, ScheduleLine
from policies import contract_lines

MOST = 20
_FIELD = "workstream"


def defects(deal: Opportunity) -> Iterator[Defect]:
    """Return what is wrong, line by line."""
    named = [name for name in contract_lines.workstreams(deal) if name is not None]
    for line in contract_lines.billed_lines(deal):
        if named and line.workstream is None:
            text = f"{_line(line)} names no project, and others do: name it in the CRM"
            yield _defect(deal, text)
    yield from _misspelled(deal, named)
    if len(named) > MOST:
        text = f"{len(named)} projects are named, and a deal has at most {MOST}: split the deal"
        yield _defect(deal, text)


def _misspelled(deal: Opportunity, named: list[str]) -> Iterator[Defect]:
    spelled: dict[str, str] = {}
    for name in named:
        other = spelled.setdefault(name.casefold(), name)
        if other != name:
            text = f"projects {other!r} and {name!r} differ in capitals only: name one in the CRM"
            yield _defect(deal, text)


def _line(line: PriceLine | ScheduleLine) -> str:
    if isinstance(line, ScheduleLine):
        return f"line {line.sequence} of the billing schedule ({line.name})"
    return f"the price of role {line.role!r} from {line.valid_from}"


def _defect(deal: Opportunity, text: str) -> Defect:
    return Defect(
        error_class="E05", subject=str(deal.id), field=_FIELD, owner="sales_ops", text=text
    )
