"""How far an org's feed of changes was read."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self


@dataclass(frozen=True)
class Position:
    """The last event that was seen, when the org says it was, and when we polled last.

    A feed can be quiet for longer than events are kept, so only the poll tells whether any can
    have been missed.
    """

    replay: int | None = None
    newest: datetime | None = None
    polled_at: datetime | None = None

    @classmethod
    def read(cls, text: str) -> Self:
        """Return what `written` wrote; "" is from the start."""
        replay, newest, polled_at = text.split("/") if text else ("", "", "")
        return cls(int(replay) if replay else None, _moment(newest), _moment(polled_at))

    def written(self) -> str:
        """Return the position as text, in UTC."""
        replay = "" if self.replay is None else str(self.replay)
        moments = ("" if each is None else _text(each) for each in (self.newest, self.polled_at))
        return "/".join([replay, *moments])


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
