"""What exists is named on its page: settings, search attributes, nouns, processes, boundaries."""

import importlib
import pkgutil
import re
import tomllib
from typing import get_type_hints

import pytest
from pydantic import BaseModel

import canonical
from activities.effects import Kind, Point
from canonical import schemas
from canonical.base import Record
from settings import Settings
from telemetry import search_attributes
from tests.architecture.trees import VENDORS
from tests.docs import pages
from worker import WORKFLOWS

_OPERATING = pages.text(pages.DOCS / "operating.md")
_GLOSSARY = pages.DOCS / "glossary.md"
_README = pages.ROOT / "README.md"
_EVENT = re.compile(r"(?:logger\(\)\.\w+|_log)\(\s*\"([a-z]+\.[a-z_]+)\"")
_PUBLISHED = re.compile(r"publish\(\s*tx,\s*f?\"([a-z]+)\.")
_ROOMS = ("activities", "console", "gateway", "store", "telemetry", "workflows")
_SOURCES = [path for room in _ROOMS for path in sorted((pages.ROOT / room).rglob("*.py"))]
_COLUMNS = 2 + len(VENDORS)  # the term, our type, and what each vendor calls it


def _records() -> set[str]:
    found = set[str]()
    for module in pkgutil.iter_modules(canonical.__path__):
        for name, kind in vars(importlib.import_module(f"canonical.{module.name}")).items():
            if isinstance(kind, type) and issubclass(kind, Record) and name[0] != "_":
                found.add(name)
    return found


def _words(markdown: str) -> set[str]:
    return {word for span in pages.spans(markdown) for word in re.findall(r"\w+", span)}


def test_every_setting_is_told_with_its_default() -> None:
    rows = {cells[0]: cells[1] for cells in pages.rows(_OPERATING)}

    for name, field in Settings.model_fields.items():
        told = rows[f"`TIEBEAM_{name.upper()}`"]
        default = getattr(field.default, "name", field.default)
        assert told == "none" if field.default is None else str(default) in told


def test_every_search_attribute_is_told() -> None:
    told = {span for cells in pages.rows(_OPERATING) for span in pages.spans(cells[0])}

    assert {key.name for key in search_attributes.ALL} <= told


def test_every_boundary_at_which_a_worker_can_die_is_told() -> None:
    told = set(pages.spans(pages.sections(pages.DOCS / "operating.md")["Failpoints"]))

    assert {kind.value for kind in Kind} | {point.value for point in Point} <= told


def test_every_event_of_the_logs_is_told() -> None:
    events = {
        event
        for path in [*_SOURCES, *pages.ROOT.glob("*.py")]
        for event in _EVENT.findall(path.read_text())
    }
    told = set(pages.spans(pages.sections(pages.DOCS / "operating.md")["Logs"]))

    assert events - told == set()


@pytest.mark.parametrize("model", schemas.PUBLISHED, ids=lambda model: model.__name__)
def test_every_published_model_is_in_the_glossary(model: type[BaseModel]) -> None:
    assert model.__name__ in _words(pages.text(_GLOSSARY))


def test_every_noun_of_the_language_is_in_the_glossary() -> None:
    assert _records() - _words(pages.text(_GLOSSARY)) == set()


def test_the_glossary_names_no_type_that_does_not_exist() -> None:
    types = {
        span
        for cells in pages.rows(pages.text(_GLOSSARY))
        if len(cells) == _COLUMNS
        for span in pages.spans(cells[1])
    }

    assert types - _records() == {"Stage"}  # an enumeration


def test_a_term_says_what_each_vendor_calls_it() -> None:
    terms = [cells for cells in pages.rows(pages.text(_GLOSSARY)) if len(cells) == _COLUMNS]

    assert terms
    assert [cells for cells in terms if not all(cells)] == []


def test_every_process_is_in_the_glossary_with_what_it_begins_with() -> None:
    section = pages.sections(_GLOSSARY)["Processes"]
    told = {span: cells for cells in pages.rows(section) for span in pages.spans(cells[0])}

    assert {workflow.__name__ for workflow in WORKFLOWS} == set(told)
    for workflow in WORKFLOWS:
        hints = get_type_hints(vars(workflow)["run"])
        (begins,) = [kind.__name__ for name, kind in hints.items() if name != "return"]
        assert begins in _words(told[workflow.__name__][2])


def test_the_picture_shows_the_owners_of_the_file() -> None:
    owned = tomllib.loads((pages.ROOT / "ownership.toml").read_text())
    expected = {
        (owner.upper(), kind, field)
        for kind, fields in owned.items()
        for field, owner in fields.items()
    }

    assert _pictured() == expected


def _pictured() -> set[tuple[str, str, str]]:
    picture = next(block.text for block in pages.blocks(_README) if block.text.startswith("┌"))
    found, boxes, kinds = set[tuple[str, str, str]](), list[str](), dict[str, str]()
    for line in picture.splitlines():
        if line.startswith("┌"):
            boxes, kinds = re.findall(r"┌ (\w+)", line), {}
        elif line.startswith("│"):
            for box, cell in zip(boxes, re.findall(r"│ ([^│]*?) *│", line), strict=True):
                kind, colon, fields = cell.rpartition(": ")
                kinds[box] = kind.replace(" ", "_") if colon else kinds.get(box, "")
                found |= {
                    (box, kinds[box], field.strip().replace(" ", "_"))
                    for field in fields.split(",")
                    if kinds[box] and field.strip() and not field.startswith("(")
                }
    return found


def test_the_readme_shows_checkpoints_that_exist() -> None:
    published = {event for path in _SOURCES for event in _PUBLISHED.findall(path.read_text())}
    shown = set(re.findall(r"✓ (\w+)\.", pages.text(_README)))

    assert shown
    assert shown <= published
