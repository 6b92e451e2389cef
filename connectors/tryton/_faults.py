"""How Tryton says no: with status 200 and an error, whose first element names its kind."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import cast

import httpx

from connectors import errors, http

VENDOR = "tryton"

_HEAD_BYTES = 100  # an answer begins with its id, and then says `result` or `error`
_BY_NAME: dict[str, http.Kind] = {
    "UserError": errors.Rejected,
    "LoginException": errors.Unauthorized,
    "ConcurrencyException": errors.Transient,  # somebody else wrote first; rolled back
    "RateLimitException": errors.Transient,
}
_NO_RIGHTS = (  # a user without a group; nothing is wrong with the record
    "You are not allowed to access ",
    "You are not allowed to execute ",
    "Calling button ",
)
_LOCKED = ("database is locked", "could not serialize access", "deadlock detected")
_OURS_OR_DRIFT = {  # no such method, database or address; a malformed call
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}


@dataclass(frozen=True)
class Question:
    """Tryton wants a confirmation under `name`, which ends in the warning's kind."""

    name: str
    reason: str

    @property
    def kind(self) -> str:
        """Return what it warns of: `invoice_date_future`."""
        return self.name.partition(".")[2]


def classify(response: httpx.Response) -> http.Kind | None:
    """Return the fault of an answer; a warning is none yet, since it can be confirmed.

    An exception that Tryton did not expect names no kind. The transaction was rolled back
    unless it came after the commit, so a write with such an answer stays unsettled.
    """
    if response.is_redirect or response.status_code in _OURS_OR_DRIFT:
        return errors.Drifted
    if not response.is_success:
        return http.by_status(response)
    name = _text(error(response), 0)
    if not name or name == "UserWarning":
        return None
    if any(words in name for words in _LOCKED):
        return errors.Uncertain
    if name == "UserError" and explain(response).startswith(_NO_RIGHTS):
        return errors.Unauthorized
    return _BY_NAME.get(name, errors.Drifted)


def explain(response: httpx.Response) -> str:
    """Return Tryton's own words; "" for a page."""
    found = error(response)
    said = found[1] if len(found) > 1 and found[0] in {"UserError", "UserWarning"} else found
    at = 1 if found and found[0] == "UserWarning" else 0
    parts = (_text(said, at), _text(said, at + 1))
    return " ".join(part for part in parts if part) if isinstance(said, list) else ""


def warned(response: httpx.Response) -> Question | None:
    """Return what an answer asks to be confirmed."""
    found = error(response)
    if _text(found, 0) != "UserWarning":
        return None
    return Question(_text(found[1], 0), explain(response))


def error(response: httpx.Response) -> list[object]:
    """Return the elements of an error; none of an answer that has a result, or is none."""
    if b'"error"' not in response.content[:_HEAD_BYTES]:
        return []
    try:
        body = http.read_json(response.content)
    except ValueError:
        return []
    found = cast("dict[str, object]", body).get("error") if isinstance(body, dict) else None
    return cast("list[object]", found) if isinstance(found, list) else []


def _text(elements: object, index: int) -> str:
    found = cast("list[object]", elements)[index:] if isinstance(elements, list) else []
    return found[0] if found and isinstance(found[0], str) else ""
