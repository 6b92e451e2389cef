"""The language is published, and what others rely on does not change under them (R-007, R-071)."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from canonical import schemas
from canonical.base import Record

_OLD: dict[str, Any] = {
    "properties": {
        "name": {"type": "string", "title": "Name"},
        "kind": {"enum": ["a", "b"], "type": "string"},
    },
    "required": ["name"],
    "$defs": {"Money": {"properties": {"amount": {"type": "string"}}, "required": ["amount"]}},
}


def _changed(changes: dict[str, Any]) -> dict[str, Any]:
    return {**_OLD, **changes}


@pytest.mark.parametrize("model", schemas.PUBLISHED, ids=lambda model: model.__name__)
def test_what_is_published_is_what_the_code_speaks(model: type[Record]) -> None:
    published = schemas.path(model)

    assert published.exists(), "run `make schemas`"
    assert schemas.breaks(json.loads(published.read_text()), model.model_json_schema()) == [], (
        f"raise {model.__name__}.schema_version: this change breaks those who read the old one"
    )
    assert published.read_text() == schemas.text(model), "run `make schemas`"


@pytest.mark.parametrize("model", schemas.PUBLISHED, ids=lambda model: model.__name__)
def test_a_published_schema_is_a_valid_schema(model: type[Record]) -> None:
    schema = json.loads(schemas.path(model).read_text())

    jsonschema.Draft202012Validator.check_schema(schema)


def test_nothing_else_is_published() -> None:
    expected = {schemas.path(model).name for model in schemas.PUBLISHED}
    folder = Path(schemas.__file__).parent

    assert {path.name for path in folder.glob("*.json")} == expected


@pytest.mark.parametrize(
    ("change", "break_"),
    [
        ({"properties": {"kind": _OLD["properties"]["kind"]}}, "the record.name is gone"),
        ({"required": ["name", "kind"]}, "the record.kind is required now"),
        (
            {"properties": _OLD["properties"] | {"kind": {"enum": ["a"], "type": "string"}}},
            "the record.kind lost the choice 'b'",
        ),
        (
            {"properties": _OLD["properties"] | {"name": {"type": "integer"}}},
            "the record.name has another shape",
        ),
        ({"$defs": {}}, "Money is gone"),
        (
            {"$defs": {"Money": {"properties": {}, "required": []}}},
            "Money.amount is gone",
        ),
    ],
)
def test_what_breaks_a_reader_is_named(change: dict[str, Any], break_: str) -> None:
    assert break_ in schemas.breaks(_OLD, _changed(change))


def test_more_is_no_break() -> None:
    more = _changed({"properties": {**_OLD["properties"], "note": {"type": "string"}}})

    assert schemas.breaks(_OLD, more) == []
