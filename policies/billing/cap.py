"""How much of what is ready may a contract with a cap still bill, and what becomes of the rest?

The rule (O-03): in the order of work date and source, a slice is billed as far as the cap leaves
room. By policy, one that does not fit is split, held whole, or billed all the same with a
warning. An excess is held, never lost. People are told at 80 and at 100 per cent.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from canonical.base import Record, Rule
from canonical.commitments import Cap
from canonical.money import Money
from canonical.slices import Slice
from canonical.worktime import WorkTime

RULE = Rule(id="contract-cap", version=1)
_LEVELS = (80, 100)  # per cent
_FINEST = Decimal("0.0001")  # of a second


class Portion(Record):
    """What of one slice is billed now, and what is held; both, where it is split."""

    part: Slice
    billable: Slice | None = None
    excess: Slice | None = None


class Verdict(Record):
    """What is billed and what is held, by which rule and from which inputs."""

    rule: Rule = RULE
    cap: Cap
    consumed: Money
    billed: Money
    held: Money
    portions: tuple[Portion, ...]

    @property
    def after(self) -> Money:
        """Return what the contract has consumed once this is billed."""
        return self.consumed + self.billed


def decide(cap: Cap, consumed: Money, parts: Sequence[Slice]) -> Verdict:
    """Put slices under a cap of which `consumed` is billed already."""
    room = cap.amount - consumed
    portions: list[Portion] = []
    for part in sorted(parts, key=lambda each: (each.work_date, each.source, each.number)):
        portion = _portion(cap, room, part)
        portions.append(portion)
        if portion.billable is not None:
            room -= portion.billable.amount
    none, currency = Money.zero(cap.amount.currency), cap.amount.currency
    billed = Money.total((p.billable.amount if p.billable else none for p in portions), currency)
    held = Money.total((p.excess.amount if p.excess else none for p in portions), currency)
    return Verdict(cap=cap, consumed=consumed, billed=billed, held=held, portions=tuple(portions))


def levels(cap: Cap, before: Money, after: Money) -> tuple[int, ...]:
    """Return the per cent of the cap at which people are told, and that are reached only now."""
    limit = cap.amount.amount
    return tuple(
        level for level in _LEVELS if before.amount * 100 < level * limit <= after.amount * 100
    )


def _portion(cap: Cap, room: Money, part: Slice) -> Portion:
    if cap.policy == "warn" or part.amount.amount <= max(room.amount, Decimal(0)):
        return Portion(part=part, billable=part)
    if cap.policy == "hold" or room.amount <= 0:
        return Portion(part=part, excess=part)
    share = part.worked.seconds * room.amount / part.amount.amount
    billed = WorkTime(seconds=share.quantize(_FINEST, ROUND_HALF_UP))
    rest = WorkTime(seconds=part.worked.seconds - billed.seconds)
    return Portion(
        part=part,
        billable=part.model_copy(update={"amount": room, "worked": billed}),
        excess=part.model_copy(update={"amount": part.amount - room, "worked": rest}),
    )
