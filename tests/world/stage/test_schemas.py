import json
from typing import Any

import jsonschema
import pytest

from world.stage import loader, schemas


def _schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((schemas.FOLDER / name).read_text(encoding="utf-8"))
    return found


def test_the_published_schemas_are_those_of_the_models() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in schemas.FOLDER.iterdir()}

    assert written == schemas.documents(), "run `python -m world.stage.schemas`"


@pytest.mark.parametrize("name", sorted(schemas.documents()))
def test_each_is_a_valid_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(_schema(name))


@pytest.mark.parametrize("name", loader.shipped())
def test_every_shipped_scenario_fits_the_schema(name: str) -> None:
    story = loader.load(loader.find(name)).scenario.model_dump(mode="json", exclude_unset=True)

    jsonschema.validate(story, _schema("scenario.schema.json"))


def test_the_shipped_firm_fits_the_schema() -> None:
    firm = loader.load(loader.find("milestones")).firm

    jsonschema.validate(
        firm.model_dump(mode="json", exclude_unset=True), _schema("firm.schema.json")
    )


@pytest.mark.parametrize(
    "line",
    [
        {"on": "2026-02-02", "win": "platform", "cut_off": "platform"},
        {"on": "2026-02-02", "wins": "platform"},
        {"win": "platform"},
    ],
    ids=["two acts", "unknown act", "no day"],
)
def test_the_schema_refuses_what_the_loader_refuses(line: dict[str, str]) -> None:
    story = loader.load(loader.find("milestones")).scenario.model_dump(
        mode="json", exclude_unset=True
    )

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(story | {"timeline": [line]}, _schema("scenario.schema.json"))
