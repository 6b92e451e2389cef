"""The daily allocation of requests, counted by the sandbox's own day."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from world.sandboxes.box import Transaction
from world.sandboxes.salesforce import errors

_USAGE = "_usage"


@dataclass(frozen=True)
class Usage:
    """Requests used today, this one included, of how many. A refused one is not counted."""

    used: int
    allowed: int
    is_exceeded: bool

    @property
    def header(self) -> str:
        """Return what each answer says in `Sforce-Limit-Info`."""
        return f"api-usage={self.used}/{self.allowed}"


def count(tx: Transaction, settings: dict[str, Any]) -> Usage:
    """Count a request, unless today's are used up."""
    today = tx.now.date().isoformat()
    used = (tx.get(_USAGE, today) or {"used": 0})["used"]
    allowed = settings["daily_api_requests"]
    if used >= allowed:
        return Usage(used, allowed, is_exceeded=True)
    tx.put(_USAGE, today, {"used": used + 1})
    return Usage(used + 1, allowed, is_exceeded=False)


def check(usage: Usage) -> None:
    """Let a request pass that today's allocation holds.

    Raises:
        Refused: it is used up.
    """
    if usage.is_exceeded:
        message = "TotalRequests Limit exceeded."
        status = HTTPStatus.FORBIDDEN
        raise errors.Refused(message, code="REQUEST_LIMIT_EXCEEDED", status=status)
