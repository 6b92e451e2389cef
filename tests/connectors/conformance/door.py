"""The admin door of a sandbox, or of the proxy in front of a real system."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx


@dataclass(frozen=True)
class At:
    """Which requests: regular expressions of method, of path with query, and of body."""

    method: str = ".*"
    path: str = ""
    body: str = ""


class Door:
    """Orders faults, changes settings, and undoes both."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url, trust_env=False, timeout=10)

    def close(self) -> None:
        self._http.close()

    def order(self, at: At, do: str, **fault: Any) -> None:  # noqa: ANN401 - any of a fault's fields
        """Have what matches go wrong, once unless told otherwise."""
        struck = {"method": at.method, "path": at.path, "body": at.body}
        self._told("POST", "faults", {"do": do} | struck | fault)

    def hits(self) -> int:
        """Return how often the faults have struck."""
        return sum(fault["hits"] for fault in self._http.get("/_admin/faults").json())

    def heal(self) -> None:
        """Forget all faults."""
        self._told("DELETE", "faults")

    def settings(self) -> dict[str, Any]:
        """Return the settings in force."""
        return dict(self._http.get("/_admin/settings").json())

    def set(self, **settings: Any) -> None:  # noqa: ANN401 - of any type
        """Change settings."""
        self._told("PUT", "settings", settings)

    def advance(self, ahead: timedelta) -> None:
        """Move the system's clock forward."""
        now = datetime.fromisoformat(self._http.get("/_admin/health").json()["now"])
        self._told("PUT", "clock", {"now": (now + ahead).isoformat()})

    def tell(self, method: str, path: str) -> None:
        """Knock at a door of the system's own, such as that which ends sessions."""
        self._told(method, path)

    def log(self, operation: str) -> list[dict[str, Any]]:
        """Return what the system accepted of one operation, the oldest first."""
        found: list[dict[str, Any]] = []
        while page := self._http.get(
            "/_admin/log", params={"after": found[-1]["seq"] if found else 0}
        ).json():
            found += page
        return [entry["body"] for entry in found if entry["operation"] == operation]

    def _told(self, method: str, path: str, body: Any = None) -> None:  # noqa: ANN401 - JSON
        answer = self._http.request(method, f"/_admin/{path}", json=body)
        assert answer.is_success, answer.text
