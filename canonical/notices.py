"""Notices: what another system tells us has changed. A hint, never the truth."""

from typing import Literal

from canonical.base import Record
from canonical.systems import ForeignId

NoticeKind = Literal["opportunity", "account", "timesheet", "milestone"]


class Notice(Record):
    """One message. `id` is the sender's own; the same id twice is one message."""

    id: str
    kind: NoticeKind
    subject: ForeignId


class Notices(Record):
    """What a poll found, and from where to poll next."""

    notices: tuple[Notice, ...]
    cursor: str
