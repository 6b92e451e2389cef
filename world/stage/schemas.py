"""The JSON Schemas of stories, firms and reports: `python -m world.stage.schemas` writes them."""

import json
from pathlib import Path

from world import scenarios
from world.stage.firm import Firm
from world.stage.report import Report
from world.stage.scenario import Scenario

FOLDER = Path(scenarios.__path__[0]) / "schemas"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def documents() -> dict[str, str]:
    """Return the text of each file."""
    schemas = {
        "scenario.schema.json": Scenario.model_json_schema(),
        "firm.schema.json": Firm.model_json_schema(),
        "report.schema.json": Report.model_json_schema(mode="serialization"),
    }
    return {
        name: json.dumps({"$schema": _DIALECT, **schema}, indent=2, ensure_ascii=False) + "\n"
        for name, schema in schemas.items()
    }


def write() -> None:
    """Bring the files up to date."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in documents().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
