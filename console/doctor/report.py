"""What was found, for a person or for a program."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from canonical.findings import Finding, Severity

Findings = Mapping[str, Sequence[Finding]]  # by what was examined: the stack, or a system
_COLOR: dict[Severity, str] = {"ok": "green", "warning": "yellow", "broken": "red"}


def plain(found: Findings) -> dict[str, Any]:
    """Return the findings as plain values, and how many there are of each severity."""
    return {
        "summary": counted(found),
        "findings": [
            {"subject": subject, **finding.model_dump(mode="json")}
            for subject, findings in found.items()
            for finding in findings
        ],
    }


def tables(found: Findings) -> list[Table]:
    """Return a table of each subject for a terminal."""
    return [_table(subject, findings) for subject, findings in found.items()]


def sentence(found: Findings) -> Text:
    """Return what it comes to."""
    count = counted(found)
    worst: Severity = "broken" if count["broken"] else "warning" if count["warning"] else "ok"
    words = f"broken: {count['broken']}, warnings: {count['warning']}, ok: {count['ok']}"
    return Text(words, style=_COLOR[worst])


def counted(found: Findings) -> dict[Severity, int]:
    """Return how many findings there are of each severity."""
    every = [finding.severity for findings in found.values() for finding in findings]
    return {severity: every.count(severity) for severity in _COLOR}


def _table(subject: str, findings: Sequence[Finding]) -> Table:
    table = Table(title=subject, title_justify="left")
    for column in ("", "what", "found", "what to do"):
        table.add_column(column)
    for each in findings:
        shown = Text(each.severity, style=_COLOR[each.severity])
        table.add_row(shown, Text(each.what), Text(each.found), Text(each.fix))
    return table
