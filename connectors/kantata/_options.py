"""What `options` of an instance may say."""

from datetime import UTC, datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field


class Options(BaseModel):
    """Kantata's switches; a name that is not here is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    event_overlap_minutes: int = Field(default=30, ge=0)
    event_retention_days: int = Field(default=9, gt=0)
    payment_schedule_days: int = Field(default=30, ge=0)  # of a mirrored invoice

    def since(self, cursor: str, now: datetime) -> datetime:
        """Return from when to ask for events: they come late, so some are asked for again."""
        if not cursor:
            return now.astimezone(UTC) - timedelta(days=self.event_retention_days)
        overlap = timedelta(minutes=self.event_overlap_minutes)
        return datetime.fromisoformat(cursor).astimezone(UTC) - overlap
