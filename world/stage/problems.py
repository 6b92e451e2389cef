"""What is wrong with a scenario file: where, and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic_core import ErrorDetails
from typing_extensions import override

from world.stage import facts

Location = tuple[int | str, ...]

_ADVICE = {
    "date_from_datetime_parsing": "is no date: write it like 2026-06-30",
    "date_from_datetime_inexact": "is no date: write it like 2026-06-30",
    "date_parsing": "is no date: write it like 2026-06-30",
    "date_type": "is no date: write it like 2026-06-30",
    "decimal_parsing": "is no number: write it like 7.5",
    "decimal_type": "is no number: write it like 7.5",
    "int_parsing": "is no whole number: write it like 480",
    "int_type": "is no whole number: write it like 480",
    "bool_parsing": "is neither true nor false",
    "bool_type": "is neither true nor false",
    "string_type": "is no text: write one value, in quotes if it has a colon",
    "tuple_type": "is no list: start each item on a line of its own with '- '",
    "dict_type": "is no group of keys: indent them below, one `key: value` a line",
    "model_type": "is no group of keys: indent them below, one `key: value` a line",
    "model_attributes_type": "is no group of keys: indent them below, one `key: value` a line",
}


@dataclass(frozen=True)
class Problem:
    """One thing to repair. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    text: str

    @override
    def __str__(self) -> str:
        """Return it the way compilers do, so that editors can jump there."""
        return f"{self.file}:{self.line}:{self.column}: {self.text}"


class ScenarioError(Exception):
    """A scenario cannot be played as it is written."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def advice(error: ErrorDetails) -> str:
    """Return what a person should do about a value that does not fit."""
    subject = ".".join(str(step) for step in error["loc"] if isinstance(step, str)) or "the file"
    kind, value = error["type"], error["input"]
    if kind == "missing":
        return f"`{error['loc'][-1]}` is missing: add it"
    if kind in _ADVICE:
        return f"`{error['loc'][-1]}`: {_shown(value)} {_ADVICE[kind]}"
    if kind == "literal_error":
        return f"`{error['loc'][-1]}`: {_shown(value)} is not one of {error['ctx']['expected']}"
    if kind == facts.STORY_ERROR:
        return error["msg"]
    return f"`{subject}`: {error['msg']}; docs/scenarios.md has the format"


def _shown(value: object) -> str:
    return "nothing" if value is None else repr(value) if isinstance(value, str) else "this"
