"""The firm's own service that posts; its group, name and operations are the firm's words."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from world.sandboxes.dynamics._hour_posting import post_hours
from world.sandboxes.dynamics._infolog import Refused, action_failed, bad_request, no_route
from world.sandboxes.dynamics._invoice_posting import post_invoice
from world.sandboxes.dynamics._iso4217 import OutOfRange
from world.sandboxes.dynamics._session import Session

_OK = 200
_Members = dict[str, Any]


def _is_open(session: Session, data_area: str, day: str) -> _Members:
    try:
        return {"Open": session.company(data_area).is_open(day)}
    except ValueError:
        message = f"{day} is not a date."
        raise action_failed(message, status=400) from None


@dataclass(frozen=True, kw_only=True)
class _Operation:
    """An operation: the member that names the document, and its result with nothing set."""

    member: str
    kind: type
    post: Callable[[Session, str, Any], _Members]
    unset: _Members


_OPERATIONS = {
    "postHourJournal": _Operation(
        member="journalId", kind=str, post=post_hours, unset={"Voucher": ""}
    ),
    "postFreeTextInvoice": _Operation(
        member="invoiceId",
        kind=int,
        post=post_invoice,
        unset={"InvoiceNumber": "", "Voucher": ""},
    ),
    "isPeriodOpen": _Operation(member="date", kind=str, post=_is_open, unset={"Open": False}),
}


@dataclass(frozen=True, kw_only=True)
class Posting:
    """A call of the service, read."""

    operation: _Operation
    data_area: str
    document: str | int

    def run(self, session: Session) -> _Members:
        """Post the document and return the contract. Refused with the Infolog if it fails."""
        try:
            result = self.operation.post(session, self.data_area, self.document)
        except OutOfRange as error:
            message = f"Error: {error}."
            raise action_failed(message, status=400) from None
        return {"Success": True, **self.operation.unset, **result, "Message": ""}

    def refusal(self, refused: Refused, status: int) -> _Members:
        """Return the contract of a refused posting, or raise it where that is an HTTP error."""
        if status != _OK:
            raise action_failed(refused.infolog, status=status)
        return {"Success": False, **self.operation.unset, "Message": refused.infolog}


def listed(service: str, url: str) -> _Members:
    """Return the operations of the service. Refused if the address is of none."""
    if urlsplit(url).path.rstrip("/") != service:
        raise no_route(url)
    return {"Operations": [{"Name": name} for name in _OPERATIONS]}


def read(service: str, url: str, path: str, body: bytes) -> Posting:
    """Read a call. Refused if there is no such operation or the body is not its contract."""
    base, _, name = path.rpartition("/")
    operation = _OPERATIONS.get(name)
    if base != service or operation is None:
        raise no_route(url)
    try:
        asked = json.loads(body)["_request"]
        data_area, document = asked["dataAreaId"].lower(), asked[operation.member]
        f"{data_area}{document}".encode()  # half a surrogate pair names nothing
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        data_area, document = "", None
    if not isinstance(document, str | int) or type(document) is not operation.kind:
        members = f'"dataAreaId": …, "{operation.member}": …'
        message = f'The body must be {{"_request": {{{members}}}}}.'
        raise bad_request(message)
    return Posting(operation=operation, data_area=data_area, document=document)
