"""The sandbox's settings: the org, its connected app, and a switch for each unverified fact."""

from typing import Any
from urllib.parse import urlsplit

from world.sandboxes.salesforce import objects, pem

DEFAULTS: dict[str, Any] = {
    "organization_id": "00D000000000001EAA",
    # Empty: the address that the request came to.
    "instance_url": "",
    "login_url": "",
    # The connected app and the user it was approved for.
    "consumer_key": "",
    "consumer_secret": "",
    "username": "",
    "certificate_pem": "",
    # Whether the app has a user to run as when it shows its secret.
    "client_credentials_enabled": True,
    # Clients differ on how far ahead `exp` may be; 3 minutes is the strictest that is told.
    "jwt_exp_within_3_minutes": True,
    # "real" or "sandbox". A signer cannot know a clock that was moved through the admin door.
    "jwt_clock": "real",
    # `issued_at` and `signature` are known from the other flow, and may be missing from this one.
    "jwt_answer_is_signed": False,
    # Told as not counted against the limit; whether it needs a token is not told.
    "versions_need_token": False,
    "session_seconds": 7200,
    "daily_api_requests": 100_000,
    "currencies": ["USD", "EUR", "GBP", "CHF", "CAD", "AUD", "JPY", "SEK", "BHD"],
    "default_currency": "USD",
    # A page may hold fewer records than asked for.
    "max_page": 2000,
    # How long a locator lives unused.
    "locator_seconds": 900,
    "empty_subquery_is_null": True,
    # Several matches of an external id: addresses of the records, or the records.
    "choices_are_urls": True,
    # The vendor once shows this one error without its array.
    "upsert_not_found_is_bare": False,
    "numeric_strings_accepted": False,
    # What the integration user's profile withholds: fields as "Account.Tax_Id__c", and objects.
    "hidden_fields": [],
    "read_only_objects": [],
    # With line items, an opportunity's amount is their sum and what a request says is ignored.
    "amount_is_rollup": True,
    # [{"object": "Opportunity", "when": {"StageName": "Closed Won"}, "fields": […], "url": …}]
    "outbound_messages": [],
    "outbound_first_retry_seconds": 0.5,
    # Whether each part of a batch is a request of the daily allocation.
    "batch_parts_are_counted": True,
    # What a collection answers for a row that is not there: null, or nothing at its place.
    "missing_row_of_collection_is_null": True,
    # [{"name": …, "object": "Account", "fields": ["Name"], "allow_save": true, "message": …}]
    "duplicate_rules": [],
    # "duplicateResut", "duplicateResult", or empty: the first before v60.0.
    "duplicate_result_key": "",
    # [{"object": "Opportunity", "refuses": {"StageName": …}, "message": …, "fields": […]}]
    "validation_rules": [],
    # Ids of rows that another transaction holds, and the status that says so.
    "locked_rows": [],
    "lock_status": 400,
    # Objects whose changes are events, and custom channels: {"/data/X__chn": ["Opportunity"]}.
    "change_data_capture": [],
    "change_channels": {},
    "change_retention_hours": 72,
    # Events without fields, as an org in trouble sends them; and how many one transaction may have.
    "changes_are_gaps": False,
    "changes_before_overflow": 100_000,
    # A position that is too old: refused, or everything that is kept comes without a word.
    "expired_replay_is_refused": True,
    # How long a connect without news is held, and whether the client may ask for less.
    "connect_seconds": 110.0,
    "connect_heeds_advice": True,
    # Whether each request of the Streaming API is one of the daily allocation.
    "streaming_is_counted": False,
    # Without a session, a handshake is refused with 401, or with 200 and a word in the message.
    "handshake_refused_with_401": True,
}
_MESSAGE = {"object", "when", "fields", "url"}
_DUPLICATE_RULE = {"name", "object", "fields", "allow_save", "message"}
_VALIDATION_RULE = {"object", "refuses", "message", "fields"}


def check(settings: dict[str, Any]) -> None:
    """Refuse settings that could not work.

    Raises:
        ValueError: says which and why.
    """
    if settings["certificate_pem"]:
        pem.public_key(settings["certificate_pem"])
    if settings["default_currency"] not in settings["currencies"]:
        message = "`default_currency` is not among `currencies`"
        raise ValueError(message)
    if settings["jwt_clock"] not in ("real", "sandbox"):
        message = '`jwt_clock` is "real" or "sandbox"'
        raise ValueError(message)
    for outbound in settings["outbound_messages"]:
        _check_outbound(outbound)
    _check_rules(settings)
    captured = [settings["change_data_capture"], *settings["change_channels"].values()]
    for name in (name for names in captured for name in names):
        _check_fields("change data capture", name, [])


def _check_rules(settings: dict[str, Any]) -> None:
    if settings["duplicate_result_key"] not in ("", "duplicateResut", "duplicateResult"):
        message = '`duplicate_result_key` is "duplicateResut", "duplicateResult" or empty'
        raise ValueError(message)
    for rule in settings["duplicate_rules"]:
        _check_members("a duplicate rule", rule, _DUPLICATE_RULE)
        _check_fields("a duplicate rule", rule["object"], rule["fields"])
    for rule in settings["validation_rules"]:
        _check_members("a validation rule", rule, _VALIDATION_RULE)
        _check_fields("a validation rule", rule["object"], [*rule["refuses"], *rule["fields"]])


def _check_outbound(outbound: dict[str, Any]) -> None:
    _check_members("an outbound message", outbound, _MESSAGE)
    url = urlsplit(str(outbound["url"]))
    if url.scheme not in ("http", "https") or not url.hostname or url.port == 0:
        message = f"an outbound message has no usable url: {outbound['url']}"
        raise ValueError(message)
    fields = [*outbound["when"], *outbound["fields"]]
    _check_fields("an outbound message", outbound["object"], fields)


def _check_members(what: str, found: dict[str, Any], members: set[str]) -> None:
    if set(found) != members:
        message = f"{what} has {', '.join(sorted(members))}"
        raise ValueError(message)


def _check_fields(what: str, name: str, fields: list[str]) -> None:
    sobject = objects.find(name)
    if sobject is None:
        message = f"{what} names no object: {name}"
        raise ValueError(message)
    unknown = set(fields) - {field.name for field in sobject.fields}
    if unknown:
        message = f"{sobject.name} has no field {', '.join(sorted(unknown))}"
        raise ValueError(message)
