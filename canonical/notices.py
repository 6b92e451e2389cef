"""Notices: what another system tells us has changed. A hint, never the truth."""

from typing import Literal

from canonical.base import Record
from canonical.systems import ForeignId

NoticeKind = Literal["opportunity", "billing_schedule", "account", "timesheet", "milestone"]


class Notice(Record):
    """One message. `id` is the sender's own; the same id twice is one message.

    `subject` is the opportunity, also of a billing schedule; else the account, timesheet or
    milestone itself.
    """

    id: str
    kind: NoticeKind
    subject: ForeignId


class Notices(Record):
    """What a poll found, and from where to poll next."""

    notices: tuple[Notice, ...]
    cursor: str
