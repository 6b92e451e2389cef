"""What Salesforce's refusals mean: its 403 can be a quota, its 400 a lock or a dead locator."""

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus

import httpx
from pydantic import TypeAdapter, ValidationError

from connectors import errors, http
from connectors.salesforce import _wire

VENDOR = "salesforce"
_LOST = errors.Transient  # what an outcome unknown is of a read
KEY = "Tiebeam_Key__c"  # our reference, by which invoices are upserted
_FAULTS: TypeAdapter[tuple[_wire.Fault, ...] | _wire.Fault] = TypeAdapter(
    tuple[_wire.Fault, ...] | _wire.Fault
)
_BY_CODE: dict[str, http.Kind] = {
    "INVALID_SESSION_ID": errors.Unauthorized,
    "REQUEST_LIMIT_EXCEEDED": errors.Transient,
    "UNABLE_TO_LOCK_ROW": errors.Transient,  # the transaction was rolled back
    "ENTITY_IS_DELETED": errors.Missing,
    "NOT_FOUND": errors.Missing,
    "QUERY_TIMEOUT": errors.Uncertain,
    "SERVER_UNAVAILABLE": errors.Uncertain,
    "UNKNOWN_EXCEPTION": errors.Uncertain,
}
# A query's text is ours but for the id, so what is wrong with it is the id or the org's set-up.
_BY_CODE_OF_QUERY = _BY_CODE | {
    "INVALID_FIELD": errors.Drifted,
    "INVALID_QUERY_FILTER_OPERATOR": errors.Missing,
    "INVALID_QUERY_LOCATOR": errors.Transient,
    "INVALID_TYPE": errors.Drifted,
    "MALFORMED_ID": errors.Missing,
    "MALFORMED_QUERY": errors.Drifted,
    "NOT_FOUND": errors.Drifted,
}
# An upsert creates what is not there: what is missing is the field, or what the row refers to.
_BY_CODE_OF_UPSERT = _BY_CODE | {
    "ENTITY_IS_DELETED": errors.Rejected,
    "NOT_FOUND": errors.Rejected,
}
_EDGE: dict[int, http.Kind] = {  # pages of the servers in front: no org has seen the request
    HTTPStatus.NOT_FOUND: errors.Drifted,
    HTTPStatus.NOT_ACCEPTABLE: errors.Transient,
    420: errors.Transient,
}


def classify(
    response: httpx.Response, codes: Mapping[str, http.Kind] = _BY_CODE
) -> http.Kind | None:
    """Return what an answer means: the first code that we know outweighs the status."""
    if response.is_success:
        return None
    faults = _faults(response)
    if known := _known(faults, codes):
        return known
    if not faults and response.status_code in _EDGE:
        return _EDGE[response.status_code]
    if response.status_code == HTTPStatus.NOT_FOUND:
        return codes["NOT_FOUND"]
    return http.by_status(response)


def raise_part(name: str, part: _wire.Part) -> None:
    """Let a part of a composite query pass in which there is no fault.

    Raises:
        ConnectorError: the subclass that says what to do about it, as for a query of its own.
    """
    if part.status < HTTPStatus.BAD_REQUEST:
        return
    faults = _read(part.body)
    otherwise = errors.Rejected if part.status < HTTPStatus.INTERNAL_SERVER_ERROR else _LOST
    kind = _known(faults, _BY_CODE_OF_QUERY) or otherwise
    detail = f"the query of {name} in a composite answered {part.status}"
    raise (_LOST if kind is errors.Uncertain else kind)(VENDOR, detail, reason=_told(faults))


def classify_upsert(response: httpx.Response) -> http.Kind | None:
    """Return what an answer to an upsert by our key means.

    Of two that create the same row at once one is refused, and next time it updates.
    """
    if response.is_client_error and any(_is_our_key_twice(fault) for fault in _faults(response)):
        return errors.Transient
    return classify(response, _BY_CODE_OF_UPSERT)


def explain(response: httpx.Response) -> str:
    """Return Salesforce's own words, with the fields it names; nothing of an HTML page."""
    return _told(_faults(response))


ROW = http.Dialect(VENDOR, classify, explain)
QUERY = http.Dialect(VENDOR, partial(classify, codes=_BY_CODE_OF_QUERY), explain)
UPSERT = http.Dialect(VENDOR, classify_upsert, explain)


def _is_our_key_twice(fault: _wire.Fault) -> bool:
    return fault.code == "DUPLICATE_VALUE" and (KEY in fault.message or KEY in fault.fields)


def _known(faults: tuple[_wire.Fault, ...], codes: Mapping[str, http.Kind]) -> http.Kind | None:
    return next((codes[fault.code] for fault in faults if fault.code in codes), None)


def _told(faults: tuple[_wire.Fault, ...]) -> str:
    return "; ".join(
        f"{fault.code}: {fault.message}" + (f" ({', '.join(named)})" if named else "")
        for fault in faults
        for named in [(*fault.fields, *fault.matched_records)]
    )


def _faults(response: httpx.Response) -> tuple[_wire.Fault, ...]:
    try:
        return _read(http.read_json(response.content))
    except ValueError:
        return ()


def _read(body: object) -> tuple[_wire.Fault, ...]:
    try:
        faults = _FAULTS.validate_python(body)
    except ValidationError:
        return ()
    return faults if isinstance(faults, tuple) else (faults,)
