"""What an examination of the stack or of a system finds, each with what to do about it."""

from datetime import date
from typing import Literal

from pydantic import model_validator

from canonical.base import Record
from canonical.mappings import Mappings
from canonical.money import Currency
from canonical.organization import EntityId, LegalEntity

Severity = Literal["ok", "warning", "broken"]


class Finding(Record):
    """One thing that was examined: what is found, and the fix unless all is well.

    A `broken` thing stops work now; a `warning` will, or holds part of it. Texts name no secret.
    """

    what: str
    severity: Severity
    found: str
    fix: str = ""

    @model_validator(mode="after")
    def _says_what_to_do(self) -> "Finding":
        if bool(self.fix) is (self.severity == "ok"):
            msg = f"{self.what}: a finding has a fix exactly if something is wrong"
            raise ValueError(msg)
        return self


class Brief(Record):
    """What a system has to be able to do: for which legal entities, from which day, which codes."""

    entities: tuple[LegalEntity, ...]
    today: date
    mappings: Mappings

    @property
    def currencies(self) -> dict[Currency, list[EntityId]]:
        """Return the functional currencies, each with the entities that keep their books in it."""
        found: dict[Currency, list[EntityId]] = {}
        for entity in self.entities:
            found.setdefault(entity.currency, []).append(entity.id)
        return found


def well(what: str, found: str) -> Finding:
    """Return that something is as it should be."""
    return Finding(what=what, severity="ok", found=found)


def doubtful(what: str, found: str, fix: str) -> Finding:
    """Return that something will stop work, or holds part of it."""
    return Finding(what=what, severity="warning", found=found, fix=fix)


def broken(what: str, found: str, fix: str) -> Finding:
    """Return that something stops work."""
    return Finding(what=what, severity="broken", found=found, fix=fix)
