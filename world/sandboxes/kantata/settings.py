"""What can be set of this sandbox, and how each fact that nobody has verified is taken."""

from datetime import date, datetime, tzinfo
from typing import Any

Settings = dict[str, Any]

ACCOUNT_ID = "7001"
ADMINISTRATOR_ID = "1000"  # the first user, as whom the default token acts

DEFAULTS: Settings = {
    # The account.
    "tokens": ["kantata-sandbox-token"],  # each acts as the account's administrator
    "token_users": {},  # further tokens, each with the id of the user it acts as
    "account_currency": "USD",
    "utc_offset": "-08:00",  # of every timestamp in an answer
    "locked_through": None,  # time performed up to this day, inclusive, is locked
    # The docs: "retry after a small delay", no headers. The numbers are known to customers only.
    "requests_per_second": 0.0,  # 0 is no limit
    # Calls on projects have further limits of their own, whose numbers nobody outside knows either.
    "project_requests_per_second": 0.0,  # 0 is no limit of their own
    "throttled_body": "",  # what a 429 says is unverified
    # The docs promise association ids only for what `include` names; the vendor's own gem reads
    # them without.
    "association_ids_without_include": False,
    # What happens to a field or a parameter that the contract does not list is unverified; the
    # vendor's framework drops them silently, which would hide a mistake of the caller.
    "refuse_unknown_names": True,
    # Whether `updated_after=T` holds a record of that very second is unverified.
    "after_includes_equal": False,
    # The docs: `GET /users` shows participants of projects, `on_my_account=true` everybody.
    "users_need_a_project": False,
    # The contract marks `subject_type` as required on `GET /external_references`; its answer
    # without it is unverified.
    "external_references_need_subject_type": True,
    # The contract types `subject_id` int32, its prose says that ids are strings.
    "subject_ids_are_numbers": False,
    # The default of `require_time_approvals` is unverified. Time in a project that does not
    # require approvals passes the filter `approved`.
    "require_time_approvals_by_default": True,
    # Locks of approved and invoiced time are documented, of merely submitted time they are not.
    "submitted_entries_are_locked": False,
    # The docs name one user of a submission; that the vendor enforces it is unverified.
    "one_user_a_submission": False,
    # The docs hint that approved time is taken back by a rejection, never by a cancellation.
    "approved_submissions_can_be_rejected": True,
    "approved_submissions_can_be_cancelled": False,
    # The contract's prose promises the usual map by id, its schema shows a bare list.
    "resolutions_as_list": False,
    # The contract calls the answer of `GET /currencies` a list and shows one currency.
    "currencies_in_an_envelope": False,
    # Unverified: whether time that awaits approval can be put on an invoice.
    "only_approved_time_is_invoiced": True,
    # The contract types the amounts of an invoice's own items as whole main units.
    "fractional_item_amounts": True,
    # The docs: events come minutes late, out of order and more than once, and are kept for 9 days.
    "event_retention_days": 9,
    "event_delay_seconds": 0,  # from the change to the event's `created_at`
    "event_disorder_seconds": 0,  # spread of that delay from event to event
    "event_late_seconds": 0,  # from `created_at` until the feed shows the event
    "event_duplicates": 0,  # further copies of each event
    "duplicate_events_share_id": True,  # whether they do is unverified
}


def check(settings: Settings) -> None:
    """Refuse settings of the wrong type.

    Raises:
        ValueError: one is; the text says which.
    """
    for name, default in DEFAULTS.items():
        if not _fits(settings[name], default):
            raise _wrong(settings, name)
    try:
        zone(settings)
    except ValueError:
        raise _wrong(settings, "utc_offset") from None
    try:
        date.fromisoformat(settings["locked_through"] or "2026-01-01")
    except ValueError:
        raise _wrong(settings, "locked_through") from None


def _wrong(settings: Settings, name: str) -> ValueError:
    return ValueError(f"{name} cannot be {settings[name]!r}")


def _fits(value: object, default: object) -> bool:
    if default is None:
        return value is None or isinstance(value, str)
    if isinstance(value, bool) or isinstance(default, bool):
        return type(value) is type(default)
    if isinstance(value, int | float):
        return isinstance(default, float | type(value)) and value >= 0
    return isinstance(value, type(default))


def zone(settings: Settings) -> tzinfo:
    """Return the offset of the account's timestamps."""
    at = datetime.fromisoformat(f"2026-01-01T00:00:00{settings['utc_offset']}")
    assert at.tzinfo is not None  # noqa: S101 - the text has an offset
    return at.tzinfo
