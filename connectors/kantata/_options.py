"""What `options` of an instance may say."""

from datetime import UTC, datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from connectors.kantata._cursor import Cursor


class Options(BaseModel):
    """Kantata's switches; a name that is not here is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    event_overlap_minutes: int = Field(default=30, ge=0)
    event_retention_days: int = Field(default=9, gt=0)
    payment_schedule_days: int = Field(default=30, ge=0)  # of a mirrored invoice

    def since(self, cursor: Cursor, now: datetime) -> datetime:
        """Return from when to ask for events: they come late, so some are asked for again."""
        if cursor.newest is None:
            return now.astimezone(UTC) - timedelta(days=self.event_retention_days)
        return cursor.newest.astimezone(UTC) - timedelta(minutes=self.event_overlap_minutes)

    def missed(self, cursor: Cursor, at: datetime, now: datetime) -> bool:
        """Tell whether Kantata may have forgotten events since the last poll.

        Both our clock and the business time must say so: a stage moves only the latter.
        """
        if cursor.polled_at is None or cursor.polled_for is None:
            return False
        kept = timedelta(days=self.event_retention_days)
        return at - cursor.polled_at > kept and now - cursor.polled_for >= kept
