"""How many people must say yes to an invoice before it goes out, and whose yes counts?

The rule: above the entity's limit one person approves what Tiebeam made, bound to its content;
above a second limit two people do, neither of whom changed the draft. A name in other case or
spacing is the same person. Limits are in the invoice's own currency; no limit, no approval.
"""

import unicodedata
from collections.abc import Collection

from canonical.base import Rule, RuleError
from canonical.money import Exact, Money

RULE = Rule(id="invoice-approval", version=3)


class SecondPersonNeededError(RuleError):
    """Somebody approves twice, or approves a change of their own where four eyes are needed."""


def needed(net: Money, above: Exact | None, four_eyes_above: Exact | None) -> int:
    """Return how many people must approve an invoice of this net amount."""
    if four_eyes_above is not None and net.amount > four_eyes_above:
        return 2
    return int(above is not None and net.amount > above)


def person(name: str) -> str:
    """Return a name as names are compared."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def refuse(name: str, *, among: Collection[str], editors: Collection[str], needed: int) -> None:
    """Refuse an approval that adds no other person.

    Raises:
        SecondPersonNeededError: `name` is not somebody else.
    """
    if needed < 2:  # noqa: PLR2004 - below that there is no other person
        return
    if person(name) in {person(editor) for editor in editors}:
        msg = f"{name} has changed this draft: somebody else has to approve it"
        raise SecondPersonNeededError(msg)
    if person(name) in {person(other) for other in among}:
        msg = f"{name} has approved this draft already: a second person has to"
        raise SecondPersonNeededError(msg)
