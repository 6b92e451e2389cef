from decimal import Decimal
from pathlib import Path

import pytest

from world.stage import loader
from world.stage.acts import Work
from world.stage.problems import ScenarioError

STORY = """\
scenario: story
title: A story
firm: firm.yaml
clients:
  acme:
    name: Acme
    country: US
    currency: USD
deals:
  rollout:
    name: Rollout
    client: acme
    entity: USMF
    currency: USD
    rates:
      - {role: CONSULTANT, since: 2026-06-01, per_hour: 150.00, hours: 8}
    schedule:
      - {name: Design, amount: 10.00}
timeline:
  - {on: 2026-06-15, win: rollout}
  - on: 2026-06-30
    work: rollout
    who: kim
    hours: 7.5
"""


@pytest.fixture
def story(tmp_path: Path) -> Path:
    (tmp_path / "firm.yaml").write_bytes(
        loader.find("tm-rate-change").with_name("firm.yaml").read_bytes()
    )
    path = tmp_path / "story.yaml"
    path.write_text(STORY, encoding="utf-8")
    return path


def _refused(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as refused:
        loader.load(path)
    return str(refused.value).replace(f"{path.parent}/", "")


@pytest.mark.parametrize("name", loader.shipped())
def test_every_shipped_scenario_loads_under_the_name_of_its_file(name: str) -> None:
    script = loader.load(loader.find(name))

    assert script.scenario.scenario == name
    assert script.firm.entities.keys() == {"USMF", "DEMF"}


def test_the_shipped_scenarios_are_these() -> None:
    assert loader.shipped() == (
        "capped", "eur-contract", "existing-customers", "milestones", "missing-terms",
        "reverse-charge", "tm-rate-change", "two-at-once", "two-entities", "two-projects",
        "two-rates", "won-again",
    )  # fmt: skip


def test_a_name_that_is_not_shipped_is_a_path(tmp_path: Path) -> None:
    assert loader.find(f"{tmp_path}/mine.yaml") == tmp_path / "mine.yaml"


def test_a_name_that_nothing_has_is_told_with_what_there_is() -> None:
    with pytest.raises(ScenarioError, match="unknown scenario 'milestone': did you mean 'milest"):
        loader.find("milestone")


def test_amounts_are_exact_and_texts_stay_as_they_are_written(story: Path) -> None:
    text = STORY.replace("150.00", "0.1").replace("country: US", "country: NO\n    city: 0123")
    story.write_text(text, encoding="utf-8")

    script = loader.load(story)

    assert script.scenario.deals["rollout"].rates[0].per_hour == Decimal("0.1")
    assert script.scenario.clients["acme"].country == "NO"
    assert script.scenario.clients["acme"].city == "0123"
    work = script.scenario.timeline[1]
    assert isinstance(work, Work)
    assert work.worked_minutes == 450
    assert work.billable is True


_LAST = "    hours: 7.5\n"
_AND = "    hours: 1\n  - {on: 2026-07-01, "
REFUSED = {
    "unknown key": (
        "hours: 7.5",
        "hourz: 7.5",
        "24:5",
        "did you mean 'hours'?",
    ),
    "unknown key at the top": ("title: A", "colour: A", "2:1", "unknown key 'colour'"),
    "missing key": ("    who: kim\n", "", "21:5", "`who` is missing: add it"),
    "text for a number": ("hours: 7.5", "hours: much", "24:12", "'much' is no number"),
    "list for a number": ("hours: 7.5", "hours: [7]", "24:12", "this is no number"),
    "list for a group": ("  acme:\n    name", "  acme: [1]\n  b:\n    name", "5:9", "no group"),
    "text for a list": (STORY[STORY.index("  - {on") :], "  later\n", "20:3", "is no list"),
    "bad date": ("on: 2026-06-30", "on: 2026-06-31", "21:9", "'2026-06-31' is no date"),
    "no such choice": ("    entity: USMF", "    billing_model: x", "13:20", "'x' is not one of"),
    "maybe": ("hours: 7.5", "hours: 1\n    billable: maybe", "25:15", "neither true nor false"),
    "two acts": ("win: rollout}", "win: rollout, cut_off: rollout}", "20:5", "exactly one act"),
    "no act": ("win: rollout}", "by: pat}", "20:5", "exactly one act"),
    "line that is no group": ("- {on: 2026-06-15, win: rollout}", "- win", "20:5", "one act"),
    "both quantities": ("hours: 7.5", "hours: 1\n    minutes: 60", "21:5", "either `hours` or"),
    "no quantity": (_LAST, "", "21:5", "either `hours` or `minutes`"),
    "parts of a minute": ("hours: 7.5", "hours: 0.1234", "21:5", "no whole minutes"),
    "negative hours": ("hours: 7.5", "hours: -1", "24:12", "greater than 0"),
    "too many decimals": ("amount: 10.00", "amount: 10.001", "18:32", "2 decimal places"),
    "unknown client": ("client: acme", "client: acne", "12:13", "did you mean 'acme'?"),
    "unknown entity": ("entity: USMF", "entity: USMX", "13:13", "did you mean 'USMF'?"),
    "unknown role": ("role: CONSULTANT", "role: JANITOR", "16:16", "use one of CONSULTANT, "),
    "unknown deal": ("work: rollout", "work: rolout", "22:11", "did you mean 'rollout'?"),
    "unknown person": ("who: kim", "who: jim", "23:10", "unknown person 'jim'"),
    "unknown role of work": ("hours: 7.5", "hours: 1\n    role: X", "25:11", "unknown role 'X'"),
    "person without a role": ("who: kim", "who: pat", "23:10", "add `role`"),
    "project that no line names": (
        *("hours: 7.5", "hours: 7.5\n    project: Bild"),
        *("25:14", "unknown project 'Bild': use one of none yet"),
    ),
    "unknown milestone": (
        *(_LAST, _AND + "reach: rollout, milestone: Desing}\n"),
        *("25:49", "did you mean 'Design'?"),
    ),
    "unknown approver": (
        *(_LAST, _AND + "approve: rollout, by: nobody}\n"),
        *("25:44", "unknown person 'nobody'"),
    ),
    "changed client that is unknown": (
        *(_LAST, _AND + "change_client: x, set: {city: B}}\n"),
        *("25:37", "unknown client 'x'"),
    ),
    "changed entity that is unknown": (
        *(_LAST, _AND + "change_deal: rollout, set: {entity: X}}\n"),
        *("25:58", "unknown legal entity 'X'"),
    ),
    "added milestone that is there": (
        *(_LAST, _AND + "change_deal: rollout, add_schedule: [{name: design, amount: 1}]}\n"),
        *("25:66", "the name 'design' stands here twice"),
    ),
    "change of what no client has": (
        *(_LAST, _AND + "change_client: acme, set: {town: B}}\n"),
        *("25:49", "unknown key 'town'"),
    ),
    "work after the win was taken back": (
        *("win: rollout}\n", "win: rollout}\n  - {on: 2026-06-16, lose: rollout}\n"),
        *("23:11", "'rollout' is not won yet"),
    ),
    "one of several that are won at once": (
        *("win: rollout}\n", "win: [rollout, audit]}\n"),
        *("20:27", "unknown deal 'audit'"),
    ),
    "work before the deal is won": (
        *("  - {on: 2026-06-15, win: rollout}\n", ""),
        *("21:11", "'rollout' is not won yet"),
    ),
    "lines out of order": ("on: 2026-06-30", "on: 2026-06-14", "21:9", "in order of their days"),
    "same name twice": (
        *("deals:", "  other:\n    name: ACME\n    currency: USD\ndeals:"),
        *("10:11", "stands here twice"),
    ),
    "same milestone twice": (
        *("- {name: Design,", "- {name: Design, amount: 1}\n      - {name: Design,"),
        *("19:16", "stands here twice"),
    ),
    "same key twice": ("    name: Acme", "    name: A\n    name: B", "7:5", "stands here twice"),
    "no YAML": ("title: A story", "title: [A story", "3:5", "is no YAML"),
    "tab": ("title: A story", "\ttitle: A story", "2:1", "is no YAML"),
    "alias": ("name: Acme", "name: &a Acme\n    city: *a", "7:11", "repeat the value"),
    "tag": ("name: Acme", "name: !!python/name:os.system Acme", "6:11", "take the tag"),
    "list as a key": ("title: A story", "? [a]\n: b", "2:3", "a key is one word"),
    "control character": ("title: A story", "title: \x07", "2:1", "control character"),
}


@pytest.mark.parametrize(("there", "instead", "at", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_what_does_not_fit_is_named_with_its_place_and_the_remedy(
    story: Path, there: str, instead: str, at: str, says: str
) -> None:
    assert STORY.count(there) == 1

    said = _refused(story, STORY.replace(there, instead))

    assert said.startswith(f"story.yaml:{at}: "), said
    assert says in said


_SEVERAL = STORY.replace("role: CONSULTANT,", "role: CONSULTANT, project: Build,").replace(
    "name: Design,", "name: Design, project: Training,"
)


def test_work_on_a_deal_with_several_projects_says_on_which(story: Path) -> None:
    story.write_text(_SEVERAL.replace(_LAST, f"{_LAST}    project: Build\n"), encoding="utf-8")
    script = loader.load(story)
    wrong = _refused(story, _SEVERAL.replace(_LAST, f"{_LAST}    project: Bild\n"))
    unsaid = _refused(story, _SEVERAL)

    assert script.scenario.deals["rollout"].projects == ("Build", "Training")
    assert wrong.startswith("story.yaml:25:14: unknown project 'Bild': did you mean 'Build'?")
    assert unsaid.startswith("story.yaml:22:11: 'rollout' has several projects: add `project`")


def test_every_problem_is_told_at_once(story: Path) -> None:
    said = _refused(story, STORY.replace("who: kim", "who: jim").replace("acme\n", "acne\n"))

    assert [line.split(" ")[0] for line in said.splitlines()] == [
        "story.yaml:12:13:",
        "story.yaml:23:10:",
    ]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"gone\.yaml:1:1: cannot be read: No such file"):
        loader.load(tmp_path / "gone.yaml")


def test_a_firm_that_is_not_there_is_named(story: Path) -> None:
    said = _refused(story, STORY.replace("firm: firm.yaml", "firm: gone.yaml"))

    assert said == "gone.yaml:1:1: cannot be read: No such file or directory"


def test_an_empty_file_says_so(story: Path) -> None:
    assert "story.yaml:1:1: the file is empty" in _refused(story, "# nothing\n")


def test_a_file_in_another_encoding_is_refused(story: Path) -> None:
    story.write_bytes(b"scenario: story\ntitle: Stra\xdfe\n")

    with pytest.raises(ScenarioError, match=r"story\.yaml:2:1: is no UTF-8"):
        loader.load(story)


def test_a_deeply_nested_file_is_refused(story: Path) -> None:
    assert "nested too deep" in _refused(story, "[" * 100_000)


@pytest.mark.parametrize(
    ("there", "instead", "says"),
    [
        ("DOM: {code: DE19}", "DOM: {code: DE91}", "did you mean 'DE19'?"),
        ('"000201"\n    entity: DEMF', '"000201"\n    entity: X', "unknown entity 'X'"),
        ("role: SENIOR_CONSULTANT", "role: SENIOR", "unknown role 'SENIOR'"),
    ],
    ids=["tax code", "entity", "role"],
)
def test_a_firm_whose_names_lead_nowhere_is_refused(
    story: Path, there: str, instead: str, says: str
) -> None:
    firm = story.with_name("firm.yaml")
    text = firm.read_text(encoding="utf-8")
    assert text.count(there) == 1
    firm.write_text(text.replace(there, instead), encoding="utf-8")

    assert says in _refused(story, STORY)
