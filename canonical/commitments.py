"""Commitments: what a contract promises about how much may be billed, whatever was worked."""

from typing import Literal

from canonical.base import Record
from canonical.money import Money

CapPolicy = Literal["split", "hold", "warn"]


class Cap(Record):
    """A not-to-exceed: at most `amount` is billed, before tax; `policy` says what of the rest.

    `split` bills what fits and holds the rest, `hold` holds every entry that does not fit whole,
    `warn` bills all of it and tells people.
    """

    amount: Money
    policy: CapPolicy
