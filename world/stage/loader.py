"""Reads a story and its firm, and says of everything that is wrong where it stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from world import scenarios
from world.stage import facts, problems, references, source
from world.stage.facts import Told
from world.stage.firm import Firm
from world.stage.problems import Location, Problem, ScenarioError
from world.stage.scenario import Scenario
from world.stage.source import Source

_ToldT = TypeVar("_ToldT", bound=Told)
_SHIPPED = Path(scenarios.__path__[0])
_FIRM = "firm.yaml"


@dataclass(frozen=True)
class Script:
    """A story that can be played, with the firm that it plays in."""

    scenario: Scenario
    firm: Firm


def load(path: Path) -> Script:
    """Return the story in a file.

    Raises:
        ScenarioError: with every problem's file, line and column, and what to do about it.
    """
    story = source.read(path)
    scenario = _read(story, Scenario)
    firm = load_firm(path.parent / scenario.firm)
    _refuse(story, references.misfits(scenario, firm))
    return Script(scenario, firm)


def load_firm(path: Path) -> Firm:
    """Return the firm in a file.

    Raises:
        ScenarioError: as with `load`.
    """
    house = source.read(path)
    firm = _read(house, Firm)
    _refuse(house, references.firm_misfits(firm))
    return firm


def shipped() -> tuple[str, ...]:
    """Return the names of the scenarios that come with the world."""
    return tuple(sorted(path.stem for path in _SHIPPED.glob("*.yaml") if path.name != _FIRM))


def shipped_firm() -> Firm:
    """Return the firm that comes with the world."""
    return load_firm(_SHIPPED / _FIRM)


def find(name: str) -> Path:
    """Return the file of a shipped scenario, or the path that was meant.

    Raises:
        ScenarioError: it is neither.
    """
    path = Path(name)
    if name in shipped():
        return _SHIPPED / f"{name}.yaml"
    if not path.suffix and not path.exists():
        text = facts.unknown("scenario", name, dict.fromkeys(shipped()))
        raise ScenarioError([Problem(name, 1, 1, text)])
    return path


def _read(told: Source, model: type[_ToldT]) -> _ToldT:
    try:
        return model.model_validate(told.value())
    except ValidationError as refused:
        raise ScenarioError(
            told.problem(
                _place(error["loc"]), problems.advice(error), key=error.get("ctx", {}).get("key")
            )
            for error in refused.errors(include_url=False)
        ) from None


def _place(location: Location) -> Location:
    # Below a line of the timeline stands the kind of its act, which is no place in the file.
    in_line = location[:1] == ("timeline",)
    return (*location[:2], *location[3:]) if in_line else location


def _refuse(told: Source, misfits: Iterable[references.Misfit]) -> None:
    found = [told.problem(misfit.location, misfit.text) for misfit in misfits]
    if found:
        raise ScenarioError(found)
