"""Every example of the page on scenarios is what it says it is."""

import json
import re
from pathlib import Path

import pytest
import yaml

from world.stage import loader
from world.stage.laws import Verdict
from world.stage.problems import ScenarioError

_PAGE = (Path(__file__).parents[3] / "docs" / "scenarios.md").read_text(encoding="utf-8")
_SHIPPED_FIRM = loader.find("milestones").with_name("firm.yaml")
_EXAMPLES = re.findall(r"^```(\w+)\n(.*?)^```$", _PAGE, re.DOTALL | re.MULTILINE)


def _examples(language: str) -> list[str]:
    return [text for kind, text in _EXAMPLES if kind == language]


_STORY, _EXISTING, _DEAL, _SEVERAL, _TIMELINE, _FIRM = _examples("yaml")


def _saved(folder: Path, story: str) -> Path:
    (folder / "firm.yaml").write_bytes(_SHIPPED_FIRM.read_bytes())
    path = folder / "first-deal.yaml"
    path.write_text(story, encoding="utf-8")
    return path


def test_the_whole_scenario_loads(tmp_path: Path) -> None:
    script = loader.load(_saved(tmp_path, _STORY))

    assert len(script.scenario.timeline) == 5


def test_the_deal_and_the_acts_make_another_scenario(tmp_path: Path) -> None:
    start = _STORY[: _STORY.index("timeline:")]
    story = start + _DEAL.removeprefix("deals:\n") + "\n" + _TIMELINE

    script = loader.load(_saved(tmp_path, story))

    assert script.scenario.deals.keys() == {"review", "platform"}
    assert {type(act).__name__ for act in script.scenario.timeline} == {
        "Win", "Work", "Approve", "Reach", "CutOff", "ApproveInvoice", "ChangeClient",
        "ChangeDeal",
    }  # fmt: skip


def test_the_client_that_the_books_had_before_makes_another_scenario(tmp_path: Path) -> None:
    clients, deals = _STORY.index("clients:"), _STORY.index("deals:")
    story = _STORY[:clients] + _EXISTING + _STORY[deals:]
    before = _STORY[clients:deals].removeprefix("clients:\n")

    script = loader.load(_saved(tmp_path, story.replace(_EXISTING, _EXISTING + before)))

    (known,) = [each for each in script.scenario.clients.values() if each.existing]
    assert known.name == "Harbor Light Partners"


def test_the_deal_with_several_projects_makes_another_scenario(tmp_path: Path) -> None:
    start = _STORY[: _STORY.index("deals:")]

    script = loader.load(_saved(tmp_path, start + _SEVERAL))

    assert script.scenario.deals["program"].projects == ("Design", "Build")


def test_the_keys_of_the_firm_fit_into_the_reference_firm(tmp_path: Path) -> None:
    firm = yaml.load(_SHIPPED_FIRM.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - texts
    changed = yaml.load(_FIRM, Loader=yaml.BaseLoader)  # noqa: S506 - texts
    path = tmp_path / "firm.yaml"
    path.write_text(json.dumps(firm | changed), encoding="utf-8")

    assert loader.load_firm(path).people.keys() == {"mia"}


def test_the_error_is_the_one_that_is_shown(tmp_path: Path) -> None:
    path = _saved(tmp_path, _STORY.replace("hours: 7.5", "hourz: 7.5"))

    with pytest.raises(ScenarioError) as refused:
        loader.load(path)

    assert str(refused.value).replace(f"{tmp_path}/", "") == _examples("text")[0].strip()


def test_the_verdict_is_one_that_a_report_can_have() -> None:
    (shown,) = _examples("json")
    told = json.loads(shown)
    verdict = Verdict.model_validate({key: told[key] for key in told if key != "holds"})

    assert verdict.model_dump(mode="json") == told


def test_the_page_names_every_shipped_scenario() -> None:
    named = re.findall(r"^\| `([a-z-]+)` \|", _PAGE, re.MULTILINE)

    assert sorted(named) == list(loader.shipped())


def test_no_example_is_left_out() -> None:
    assert [kind for kind, _ in _EXAMPLES] == ["yaml"] * 6 + ["text", "json"]
