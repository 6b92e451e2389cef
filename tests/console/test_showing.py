"""A play's report, as a person reads it."""

from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

from rich.console import Console, RenderableType

from console import showing

HOSTILE = "Field [City] is empty [/]"
NOTHING: dict[str, Any] = {"deals": [], "clients": [], "cases": [], "verdicts": []}


def _shown(views: Sequence[RenderableType]) -> str:
    screen = Console(file=StringIO(), width=200, color_system=None)
    for view in views:
        screen.print(view)
    assert isinstance(screen.file, StringIO)
    return screen.file.getvalue()


def _verdict(*breaches: Mapping[str, str]) -> dict[str, Any]:
    return {
        "law": "L-1",
        "says": "every approved hour is accounted for",
        "checked": 12,
        "holds": not breaches,
        "breaches": list(breaches),
    }


def test_a_law_that_holds_says_so() -> None:
    shown = _shown(showing.verdicts({"verdicts": [_verdict()]}))

    assert "holds" in shown
    assert "12" in shown
    assert "broken" not in shown


def test_a_broken_law_names_what_breaks_it() -> None:
    breach = {"subject": "psa-main:[101]", "text": HOSTILE}

    shown = _shown(showing.verdicts({"verdicts": [_verdict(breach)]}))

    assert "broken" in shown
    assert f"L-1: psa-main:[101]: {HOSTILE}" in shown


def test_what_stopped_is_shown_in_the_vendors_own_words() -> None:
    case = {"error_class": "E05", "owner": "finance", "text": HOSTILE, "is_open": True}

    shown = _shown(showing.report(NOTHING | {"cases": [case]}, web_ui="http://127.0.0.1:8233"))

    for fact in ("E05", "finance", HOSTILE, "open"):
        assert fact in shown
