"""How a call to another system can fail, named by what the caller should do about it.

ConnectorError
  Transient      nothing was applied: wait and try again (connection refused, throttle, any read)
  Uncertain      a write that may have been applied (timeout after sending, connection lost,
                 answer truncated, 5xx): find out first, never send again blindly
  Rejected       understood and refused; a person must fix the data
  Unauthorized   the credentials no longer work; every call will fail
  Missing        the record is not there
  Drifted        the answer is not what the contract allows
"""

from datetime import timedelta


class ConnectorError(Exception):
    """Base of every failure that leaves `connectors`. Its text is safe to log and to show.

    Attributes:
        vendor: Package name of the connector, as in `connectors.<vendor>`.
        retry_after: What the vendor asked us to wait, if it said.
        reason: The vendor's own words for a refusal. They may quote data: for the store only,
            never for a log or a workflow's history.
    """

    def __init__(
        self,
        vendor: str,
        detail: str,
        *,
        retry_after: timedelta | None = None,
        reason: str = "",
    ) -> None:
        super().__init__(f"{vendor}: {detail}")
        self.vendor = vendor
        self.retry_after = retry_after
        self.reason = reason[:2000]


class Transient(ConnectorError):
    """Nothing was applied; worth another try later."""


class Uncertain(ConnectorError):
    """A write was sent and its outcome is unknown."""


class Rejected(ConnectorError):
    """The same request will be refused again."""


class Unauthorized(ConnectorError):
    """The credentials were refused."""


class Missing(ConnectorError):
    """The record does not exist at the vendor."""


class Drifted(ConnectorError):
    """The answer does not fit the wire model."""
