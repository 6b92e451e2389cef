"""The vendor's refusals, in its words and with its statuses."""

from collections.abc import Sequence
from typing import Any

from world.sandboxes.dynamics._schema import EntitySet, Row

_ODATA = "Microsoft.Dynamics.Platform.Integration.Services.OData"
_WRITE = f"{_ODATA}.AxODataWriteException"
_QUERY = "Microsoft.OData.ODataException"
_MISSING = f"{_ODATA}.AxODataMissingResourceException"
_ACTION = "System.InvalidOperationException"


class Refused(Exception):
    """The request is refused with this status and JSON body; nothing of it is kept."""

    def __init__(self, status: int, body: dict[str, Any], infolog: str = "") -> None:
        super().__init__(infolog)
        self.status = status
        self.body = body
        self.infolog = infolog


def general(message: str, *, status: int = 400, kind: str = _WRITE) -> Refused:
    """Refuse in the general shape: an empty code and the Infolog in `innererror`."""
    inner = {"message": message, "type": kind, "stacktrace": f"   at {kind.rpartition('.')[0]}"}
    body = {"error": {"code": "", "message": "An error has occurred.", "innererror": inner}}
    return Refused(status, body, message)


def bad_request(message: str) -> Refused:
    """Refuse a request that cannot be read."""
    return general(message, kind=_QUERY)


def action_failed(message: str, *, status: int) -> Refused:
    """Refuse a call of a service operation."""
    return general(message, status=status, kind=_ACTION)


def write_failed(entity: EntitySet, problems: Sequence[str]) -> Refused:
    """Refuse a row for these reasons, each an item of the Infolog."""
    items = "; ".join(f"Warning: {problem}" for problem in problems)
    return general(f"Write failed for table row of type '{entity.table}'. Infolog: {items}.")


def already_exists(entity: EntitySet, row: Row) -> Refused:
    """Refuse a second row with the same key: 400, not 409."""
    keys = ", ".join(f"{entity.by_name[name].label}: {row[name]}" for name in entity.keys)
    problem = f"Cannot create a record in {entity.label} ({entity.table}). {keys}."
    return write_failed(entity, [f"{problem} The record already exists"])


def nothing_to_update() -> Refused:
    """Refuse a change of a row that is missing or of another company: 400, not 404."""
    return general("No resources were found when selecting for update.", kind=_MISSING)


def not_found() -> Refused:
    """Answer a read of a missing row. The body is a choice."""
    return general("Resource not found for the segment.", status=404, kind=_MISSING)


def read_only(entity: EntitySet) -> Refused:
    """Refuse a write to an entity that can only be read. The body is a choice."""
    return general(f"The entity '{entity.name}' is read only.", status=403)


def no_route(url: str) -> Refused:
    """Answer a path that leads nowhere."""
    message = f"No HTTP resource was found that matches the request URI '{url}'."
    return Refused(404, {"Message": f"{message} No route data was found for this request."})


def wrong_method(method: str) -> Refused:
    """Answer a method that the resource does not know."""
    return Refused(
        405, {"Message": f"The requested resource does not support http method '{method}'."}
    )


def stale(status: int) -> Refused:
    """Refuse a change under an etag that is no longer the row's."""
    return general("The etag in the If-Match header is not the row's.", status=status)


def not_posted(problems: Sequence[str]) -> Refused:
    """Refuse a posting for these reasons, each an item of the Infolog."""
    return general("; ".join(f"Error: {problem}." for problem in problems), kind=_ACTION)
