"""What a vendor's push must bring with it: how it is checked, read and acknowledged."""

from typing import NamedTuple, Protocol

from canonical.notices import Notice


class Acknowledgement(NamedTuple):
    """What a sender wants to hear once its message is safe with us."""

    media_type: str
    body: bytes


class RefusedMessageError(Exception):
    """A message is not from whom it should be, or not what its contract allows."""


class Inbound(Protocol):
    """How a vendor's push is checked and read. Pure: no I/O, no clock.

    `names_organization` says whether a message tells from which organization it is.
    """

    acknowledgement: Acknowledgement
    names_organization: bool

    def read(self, body: bytes, *, organization: str) -> tuple[Notice, ...]:
        """Return the notices in a message from our own organization at the vendor.

        `organization` is empty where messages name none.

        Raises:
            RefusedMessageError: another organization's message, or a malformed one.
        """
        ...
