"""Which lines does an invoice have?

The rule: one line for each project, text and price, in the order of the first work date;
its amount is the sum of its slices, never recomputed from the hours shown.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from canonical.base import Record, Rule
from canonical.invoices import InvoiceLine
from canonical.money import Money
from canonical.projects import FinancialDimensions, ProjectCode
from canonical.slices import Slice

RULE = Rule(id="invoice-lines", version=1)


class LineOfSlices(Record):
    """A line, and the slices it is made of as (source, number)."""

    line: InvoiceLine
    slices: tuple[tuple[str, int], ...]


def decide(
    slices: Iterable[Slice], dimensions: Mapping[ProjectCode, FinancialDimensions]
) -> tuple[LineOfSlices, ...]:
    """Group slices into lines."""
    groups: dict[tuple[object, ...], list[Slice]] = defaultdict(list)
    for part in sorted(slices, key=lambda part: (part.work_date, part.source, part.number)):
        groups[(part.project, part.text, part.unit_price)].append(part)
    return tuple(
        _line(number, group, dimensions[group[0].project])
        for number, group in enumerate(groups.values(), start=1)
    )


def without(
    lines: Sequence[InvoiceLine], on_lines: Sequence[tuple[int, Slice]], gone: Collection[str]
) -> tuple[LineOfSlices, ...]:
    """Return lines without the slices of some sources; texts and order stay as they were."""
    left: list[LineOfSlices] = []
    for line in lines:
        group = [part for at, part in on_lines if at == line.number and part.source not in gone]
        if group:
            rest = _line(len(left) + 1, group, line.dimensions)
            kept = rest.line.model_copy(update={"text": line.text})
            left.append(rest.model_copy(update={"line": kept}))
    return tuple(left)


def _line(number: int, group: list[Slice], dimensions: FinancialDimensions) -> LineOfSlices:
    first = group[0]
    worked = sum((part.worked for part in group[1:]), start=first.worked)
    line = InvoiceLine(
        number=number,
        text=first.text,
        worked=worked if worked.seconds else None,
        unit_price=first.unit_price,
        net=Money.total((part.amount for part in group), first.amount.currency),
        dimensions=dimensions,
    )
    return LineOfSlices(line=line, slices=tuple((part.source, part.number) for part in group))


def hours_text(role: str) -> str:
    """Return the text of a line of hours."""
    return f"Hours: {role.replace('_', ' ').capitalize()}"
