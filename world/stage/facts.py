"""What every record of a story or a report has in common: frozen, and without unknown fields."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

STORY_ERROR: Final = "story"


class Fact(BaseModel):
    """An immutable value."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Told(Fact):
    """A value that a person writes down; an unknown key is refused with the known ones."""

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_keys(cls, told: object) -> object:
        if isinstance(told, Mapping):
            for key in told:
                if key not in cls.model_fields:
                    text = unknown("key", str(key), cls.model_fields)
                    raise told_wrong(text, key=str(key))
        return told


def told_wrong(text: str, *, key: str | None = None) -> PydanticCustomError:
    """Return the refusal of a value, or of one of its keys, in words that need no more."""
    return PydanticCustomError(STORY_ERROR, "{text}", {"text": text, "key": key})


def unknown(what: str, name: str, known: Mapping[str, object]) -> str:
    """Return the words for a name that nobody knows: what was meant, or what there is."""
    near = get_close_matches(name, known, n=1)
    if near:
        return f"unknown {what} {name!r}: did you mean {near[0]!r}?"
    return f"unknown {what} {name!r}: use one of {', '.join(known) or 'none yet'}"
