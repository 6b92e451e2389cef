"""Change events as they come on the feed, and what we make of them."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field, ValidationError

from connectors import errors, http
from connectors.salesforce._faults import VENDOR
from connectors.salesforce._ids import eighteen
from connectors.salesforce._wire import Text, Wire

_WORD = r"[0-9A-Za-z_-]{1,80}"
_CODE = re.compile(r"\d{3}")


class Header(Wire):
    """`ChangeEventHeader`: which records changed, how, and through whom."""

    entity: Text = Field(alias="entityName")
    records: tuple[Text, ...] = Field(alias="recordIds")
    kind: Text = Field(alias="changeType")
    origin: Text = Field(default="", alias="changeOrigin")
    transaction: Annotated[str, Field(alias="transactionKey", pattern=f"^{_WORD}$")]
    sequence: int = Field(alias="sequenceNumber")
    committed_ms: int = Field(alias="commitTimestamp")

    @property
    def committed_at(self) -> datetime:
        """Return when the org says it was."""
        return datetime.fromtimestamp(self.committed_ms / 1000, UTC)

    @property
    def client(self) -> str:
        """Return the name of the client that made the change; "" if it gave none."""
        found = re.search(r"(?:^|;)client=([^;]*)", self.origin)
        return found[1] if found else ""

    @property
    def is_gap(self) -> bool:
        """Say whether it does not tell which records changed."""
        return self.kind == "GAP_OVERFLOW" or any("*" in record for record in self.records)

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the ids of the records.

        Raises:
            ValueError: one is none.
        """
        return tuple(eighteen(record) for record in self.records)


class _Payload(Wire):
    header: Header = Field(alias="ChangeEventHeader")


class _Place(Wire):
    replay: int = Field(alias="replayId")


class Event(Wire):
    """One event and its place in the feed."""

    payload: _Payload
    place: _Place = Field(alias="event")

    @property
    def header(self) -> Header:
        """Return what it says."""
        return self.payload.header


class _Failure(Wire):
    reason: Text = Field(default="", alias="failureReason")


class _Ext(Wire):
    sfdc: _Failure | None = None


class Message(Wire):
    """One Bayeux message: an answer of a `/meta/` channel, or an event of a channel of data."""

    channel: Text
    is_successful: bool = Field(default=False, alias="successful")
    client: Text | None = Field(default=None, alias="clientId")
    error: Text = ""
    ext: _Ext | None = None
    data: object = None

    @property
    def code(self) -> str:
        """Return the number at the head of the error."""
        return _head(self.error)

    @property
    def failure_code(self) -> str:
        """Return the number at the head of what the org itself gives as the reason."""
        return _head(self.ext.sfdc.reason) if self.ext and self.ext.sfdc else ""

    @property
    def is_about_session(self) -> bool:
        """Say whether it is our session that the org does not know."""
        return self.code in {"401", "402"} or "unknown client" in self.error.lower()


def event(message: Message) -> Event:
    """Return the event in a message.

    Raises:
        Drifted: there is none that we understand.
    """
    try:
        return Event.model_validate(message.data)
    except ValidationError as exc:
        detail = f"a change event: {http.misfits(exc)} do not fit"
        raise errors.Drifted(VENDOR, detail) from None  # the original quotes the event


def _head(error: str) -> str:
    found = _CODE.match(error)
    return found[0] if found else ""
