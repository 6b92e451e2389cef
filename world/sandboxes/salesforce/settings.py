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
    # With line items, an opportunity's amount is their sum and what a request says is ignored.
    "amount_is_rollup": True,
    # [{"object": "Opportunity", "when": {"StageName": "Closed Won"}, "fields": […], "url": …}]
    "outbound_messages": [],
    "outbound_first_retry_seconds": 0.5,
}
_MESSAGE = {"object", "when", "fields", "url"}


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


def _check_outbound(outbound: dict[str, Any]) -> None:
    if set(outbound) != _MESSAGE:
        message = f"an outbound message has {', '.join(sorted(_MESSAGE))}"
        raise ValueError(message)
    url = urlsplit(str(outbound["url"]))
    if url.scheme not in ("http", "https") or not url.hostname or url.port == 0:
        message = f"an outbound message has no usable url: {outbound['url']}"
        raise ValueError(message)
    sobject = objects.find(outbound["object"])
    if sobject is None:
        message = f"an outbound message names no object: {outbound['object']}"
        raise ValueError(message)
    known = {field.name for field in sobject.fields}
    unknown = {*outbound["when"], *outbound["fields"]} - known
    if unknown:
        message = f"{sobject.name} has no field {', '.join(sorted(unknown))}"
        raise ValueError(message)
