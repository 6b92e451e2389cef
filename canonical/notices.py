"""Notices: what another system tells us has changed. A hint, never the truth."""

from typing import Literal

from canonical.base import Record
from canonical.systems import ForeignId

NoticeKind = Literal[
    "opportunity", "billing_schedule", "account", "timesheet", "milestone", "invoice", "payment"
]


class Notice(Record):
    """One message. `id` is the sender's own; the same id twice is one message.

    `subject` is the opportunity, also of a billing schedule; else the account, timesheet or
    milestone itself. An invoice is `ENTITY/number` as the ERP numbered it, and a payment
    `ENTITY/customer` of who paid: an ERP's numbers are those of one legal entity.
    """

    id: str
    kind: NoticeKind
    subject: ForeignId


class Notices(Record):
    """What a poll found, and from where to poll next."""

    notices: tuple[Notice, ...]
    cursor: str
