"""How F&O says no: mostly with 400 and an Infolog, so the text decides."""

import re
from datetime import timedelta
from http import HTTPStatus

import httpx
from pydantic import ValidationError

from connectors import errors, http
from connectors.dynamics import _batch, _wire

VENDOR = "dynamics"

_BUSY = "high resource utilization"
_IN_INFOLOG: tuple[tuple[str, http.Kind], ...] = (
    ("No resources were found", errors.Missing),  # a row that is gone, or another company's
    ("An update conflict occurred", errors.Transient),  # rolled back; two users met
    (_BUSY, errors.Transient),
)
_ROUTELESS = "No HTTP resource was found"
_TAKEN = "already exists"
_WAIT = re.compile(r"after (\d{1,5}) seconds")


def classify(response: httpx.Response) -> http.Kind | None:
    """Return the fault of an answer below `/data`."""
    text = explain(response)
    if _BUSY in text:
        return errors.Transient
    if response.status_code == HTTPStatus.BAD_REQUEST:
        return _by_infolog(text)
    if response.is_redirect or _ROUTELESS in text:  # there is no such set; no row is missing
        return errors.Drifted
    if response.status_code == HTTPStatus.NOT_FOUND and not _is_odata(response):
        return errors.Drifted  # a gateway's word, which says nothing of a row
    return http.by_status(response)


def classify_rolled_back(response: httpx.Response) -> http.Kind | None:
    """Return the fault of an answer in which a 500 with an Infolog means: rolled back, refused."""
    if response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR and _infolog(response):
        return _by_infolog(explain(response))
    return classify(response)


def explain(response: httpx.Response) -> str:
    """Return the Infolog, or whatever else F&O says in JSON; "" for a gateway's page."""
    if response.is_success:
        return ""
    fault = _fault(response)
    return _infolog(response) or fault.error.message or fault.message


def is_taken(refusal: errors.Rejected) -> bool:
    """Tell whether F&O refused because a row has the key already."""
    return _TAKEN in refusal.reason


def settle(response: httpx.Response, *, expected: int) -> None:
    """Return if a change set was applied; the answer's own status is 200 whatever happened.

    Raises:
        ConnectorError: the subclass that says what to do about it.
    """
    media_type = response.headers.get("Content-Type", "")
    try:
        answers = list(_batch.answers(media_type, response.content))
    except _batch.TornBatchError:
        raise errors.Uncertain(VENDOR, "the answer to a change set is torn") from None
    refused = [answer for answer in answers if not answer.is_success]
    if refused and len(refused) == len(answers):
        raise _rolled_back(refused[0])
    if refused or len(answers) != expected:
        raise errors.Uncertain(VENDOR, f"{len(answers)} answers to {expected} rows")


def asked_wait(reason: str) -> timedelta | None:
    """Return what the text asks us to wait: the header can be missing."""
    found = _WAIT.search(reason)
    return timedelta(seconds=min(int(found[1]), 3600)) if found else None


def _rolled_back(answer: _batch.Answer) -> errors.ConnectorError:
    wait = {"Retry-After": answer.headers.get("retry-after", "")}
    inner = httpx.Response(answer.status, headers=wait, content=answer.body)
    reason = explain(inner)
    return (classify_rolled_back(inner) or errors.Uncertain)(
        VENDOR,
        f"a change set answered {answer.status}",
        retry_after=http.retry_after(inner) or asked_wait(reason),
        reason=reason,
    )


def _is_odata(response: httpx.Response) -> bool:
    return "error" in _fault(response).model_fields_set


def _by_infolog(text: str) -> http.Kind:
    return next((kind for words, kind in _IN_INFOLOG if words in text), errors.Rejected)


def _infolog(response: httpx.Response) -> str:
    return _fault(response).error.infolog.message


def _fault(response: httpx.Response) -> _wire.Fault:
    try:
        return _wire.Fault.model_validate_json(response.content)
    except ValidationError:
        return _wire.Fault()
