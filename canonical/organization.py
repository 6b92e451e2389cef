"""The firm itself: its legal entities."""

from typing import NewType

from canonical.base import Record
from canonical.clients import CountryCode
from canonical.money import Currency

EntityId = NewType("EntityId", str)


class LegalEntity(Record):
    """A company of the firm. `currency` is its functional currency; `time_zone` an IANA name."""

    id: EntityId
    name: str
    country: CountryCode
    currency: Currency
    time_zone: str
