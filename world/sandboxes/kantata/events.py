"""What the account's change feed is told: one event a change, to be read by polling."""

from collections.abc import Iterator, Sequence

from world.sandboxes.box import Body, Transaction
from world.sandboxes.kantata.catalog import BY_SUBJECT, SUBSCRIBED_EVENTS
from world.sandboxes.kantata.settings import ACCOUNT_ID, Settings

HOUR = 3600

# The kinds that this sandbox emits, of the 182 of the vendor's catalog. The catalog's only words
# for submissions are those of `timesheet`.
EVENT_TYPES = tuple(
    sorted(
        [
            f"{subject}:{change}"
            for subject in (
                "billing_milestone",
                "cost_rate",
                "invoice",
                "role",
                "story",
                "time_entry",
                "timesheet",
                "user",
                "workspace",
                "workspace_allocation",
                "workspace_group",
                "workspace_resource",
            )
            for change in ("created", "updated")
        ]
        + [
            f"{subject}:deleted"
            for subject in (
                "billing_milestone",
                "invoice",
                "story",
                "time_entry",
                "workspace_allocation",
                "workspace_resource",
            )
        ]
    )
)
SUBJECT_OF_TYPE = {
    event_type: collection.subject_of_events
    for event_type in EVENT_TYPES
    for collection in BY_SUBJECT.values()
    if collection.event == event_type.partition(":")[0]
}


def tell(
    tx: Transaction, settings: Settings, user_id: str, changes: Sequence[tuple[str, str]]
) -> None:
    """Keep one event for each change, (event type, subject id), and the copies ordered by test."""
    kept = list(_events(tx, settings, user_id, changes))
    tx.put_many(
        SUBSCRIBED_EVENTS.key,
        [(event["id"], event, SUBSCRIBED_EVENTS.tagged_by(event)) for event in kept],
    )


def _events(
    tx: Transaction, settings: Settings, user_id: str, changes: Sequence[tuple[str, str]]
) -> Iterator[Body]:
    now = int(tx.now.timestamp())
    copies = settings["event_duplicates"]
    apart = 0 if settings["duplicate_events_share_id"] else copies
    for event_type, subject_id in changes:
        for _ in range(1 + apart):
            number = tx.next(SUBSCRIBED_EVENTS.key)
            created_at = now + settings["event_delay_seconds"] + _spread(settings, number)
            subject_type = SUBJECT_OF_TYPE[event_type]
            yield {
                "id": str(number),
                "event_type": event_type,
                "account_id": ACCOUNT_ID,
                "user_id": user_id,
                "subject_id": subject_id,
                "subject_type": subject_type,
                "subject_changed_at": now,
                "created_at": created_at,
                "_copies": copies - apart,
                "_type_hour": f"{event_type}@{created_at // HOUR}",
                "_subject": f"{subject_type}/{subject_id}",
            }


def _spread(settings: Settings, number: int) -> int:
    # A multiplication by a prime puts neighbors far apart, and the same way in every run.
    return number * 2654435761 % (int(settings["event_disorder_seconds"]) + 1)
