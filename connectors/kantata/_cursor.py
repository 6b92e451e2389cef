"""How far the account's feed of events was read."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self


@dataclass(frozen=True)
class Cursor:
    """The newest event that was seen, and the last poll: on our clock, and its business time.

    A feed can be quiet for months, so only the poll tells whether events can have been missed.
    """

    newest: datetime | None = None
    polled_at: datetime | None = None
    polled_for: datetime | None = None

    @classmethod
    def read(cls, text: str) -> Self:
        """Return what `written` wrote; an earlier version wrote the newest event alone."""
        return cls(*(datetime.fromisoformat(each) if each else None for each in text.split("/")))

    def written(self) -> str:
        """Return the cursor as text, in UTC."""
        moments = (self.newest, self.polled_at, self.polled_for)
        return "/".join(
            "" if each is None else each.astimezone(UTC).isoformat() for each in moments
        )
