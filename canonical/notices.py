"""Notices: what another system tells us has changed. A hint, never the truth."""

from datetime import datetime
from typing import Literal

from canonical.base import Record
from canonical.systems import ForeignId

NoticeKind = Literal[
    "opportunity",
    "opportunity_change",
    "billing_schedule",
    "account",
    "timesheet",
    "milestone",
    "invoice",
    "payment",
]


class Notice(Record):
    """One message. `id` is the sender's own; the same id twice is one message.

    `subject` is the opportunity, also of a billing schedule; else the account, timesheet or
    milestone itself. An invoice is `ENTITY/number` as the ERP numbered it, and a payment
    `ENTITY/customer` of who paid: an ERP's numbers are those of one legal entity.

    An `opportunity` may be a win; an `opportunity_change` is of one that is not won, so that it
    concerns only who works on it already.
    """

    id: str
    kind: NoticeKind
    subject: ForeignId


class Notices(Record):
    """What a poll found, and from where to poll next.

    `is_all` says that nothing more waits. `missed_since` says that the feed had a gap that began
    then, and that the notices were found in another way, without loss.
    """

    notices: tuple[Notice, ...]
    cursor: str
    is_all: bool = True
    missed_since: datetime | None = None
