"""Which hours can be posted together in a journal that has one date?

The rule: hours of one calendar month, so that cost stays in its period; and no day after the
first cost in a foreign currency, so that it is converted at the rate of its own day. The date
of such a journal is its last day.
"""

from collections.abc import Sequence

from canonical.money import Currency
from canonical.postings import HourLine


def decide(lines: Sequence[HourLine | None], own: Currency) -> int:
    """Return how many of the lines, from the first on, go together.

    Lines are in the order of their days; None stands for hours that are not posted. `own` is
    the currency of the books.
    """
    taken: list[HourLine] = []
    for number, line in enumerate(lines):
        if line is None:
            continue
        if taken and not _fits(line, taken, own):
            return number
        taken.append(line)
    return len(lines)


def _fits(line: HourLine, taken: Sequence[HourLine], own: Currency) -> bool:
    last = taken[-1].work_date
    if line.work_date == last:
        return True
    is_foreign = any(each.cost.currency != own for each in taken)
    is_same_month = (line.work_date.year, line.work_date.month) == (last.year, last.month)
    return is_same_month and not is_foreign
