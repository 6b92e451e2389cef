"""The table connector × case: collected while the cases run, printed, and kept as a page."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import count
from pathlib import Path

import pytest

from tests import operations

Cell = tuple[str, str]  # connector and case
PAGE = Path(__file__).parents[3] / "docs/connectors/conformance.md"
RENEW = "make conformance"
PASSES = "passes"
_FAILS = "fails"
_NOTHING_RAN = "nothing ran"
BAD = (_FAILS, _NOTHING_RAN)
_HEAD = f"""# Conformance

What every connector must do, whatever its system does, and whether it does. The cases are in
`tests/connectors/conformance/`; each runs against the connector's sandbox, or the real system, on
the wire, with faults ordered at its door. A new connector inherits all of them by one file there
that names its operations. `{RENEW}` runs them and renews this page; `make prove` runs each with
every operation, and with each other value of an unverified fact.

"""


def case_of(item: pytest.Item) -> str:
    """Return the name of the case that a test is of."""
    name: str = getattr(item, "originalname", item.name)
    return name.removeprefix("test_")


class Results:
    """What became of each case of each connector in this run."""

    def __init__(self) -> None:
        self._found: defaultdict[Cell, set[str]] = defaultdict(set)

    def add(self, cell: Cell, report: pytest.TestReport, apart: str | None) -> None:
        """Count a phase of a test in; `apart` is why the case does not apply."""
        if report.failed:
            self._found[cell].add(_FAILS)
        elif report.skipped:
            self._found[cell].add(apart or _NOTHING_RAN)
        elif report.when == "call":
            self._found[cell].add(PASSES)

    def cells(self) -> dict[Cell, str]:
        """Return one word or reason for each cell: what is worst."""
        return {cell: _worst(said) for cell, said in self._found.items()}


def rendered(cells: Mapping[Cell, str]) -> str:
    """Return the page."""
    vendors = [vendor for vendor in operations.PORTS if vendor in {vendor for vendor, _ in cells}]
    cases = sorted({case for _, case in cells})
    notes: dict[str, int] = {}
    numbers = count(1)
    lines = [_line(["case", *vendors]), _line(["---"] * (len(vendors) + 1))]
    for case in cases:
        row = [case.replace("_", " ")]
        for vendor in vendors:
            said = cells.get((vendor, case), _NOTHING_RAN)
            if said not in (PASSES, *BAD):
                number = notes.setdefault(said, 0) or next(numbers)
                notes[said] = number
                said = f"– ({number})"
            row.append(said)
        lines.append(_line(row))
    return _HEAD + "\n".join(lines) + "\n\n" + _legend(notes)


def _legend(notes: Mapping[str, int]) -> str:
    told = "\n".join(f"{number}. {reason}" for reason, number in notes.items())
    return f"A case marked – does not apply, because of that connector:\n\n{told}\n"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _worst(said: set[str]) -> str:
    for word in BAD:
        if word in said:
            return word
    reasons = sorted(said - {PASSES})
    return reasons[0] if reasons else PASSES
