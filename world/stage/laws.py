"""The conservation laws, as verdicts over what the systems say and what the platform believes.

L-1: what was approved is, in quantity and in amount, exactly what its slices say; billed slices
are exactly the ledger's invoice lines; nothing is billed or costed twice.
L-4: every journal balances in each of its currencies and in the currency of the books.
L-7: every message has come to exactly one outcome.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from pydantic import computed_field

from world.stage.evidence import Approved, BilledLine, Evidence
from world.stage.facts import Fact
from world.stage.platform import Belief, BelievedSlice

OUTCOMES = frozenset({"applied", "superseded", "rejected", "voided"})
STATES = frozenset(
    {
        *("ready", "held", "billed", "credited", "drawn", "covered"),
        *("written_off", "non_billable", "moved"),
    }
)
_PAID_FOR = frozenset({"ready", "billed", "drawn"})
_HOUR = 3600
_QUANTITY = Decimal("0.0001")  # what an invoice shows of hours, or more


class Breach(Fact):
    """What breaks a law: whose id, and in which way."""

    subject: str
    text: str


class Verdict(Fact):
    """One law over one play."""

    law: str
    says: str
    checked: int
    breaches: tuple[Breach, ...]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def holds(self) -> bool:
        """Say whether nothing breaks it."""
        return not self.breaches


def l1(evidence: Evidence, belief: Belief) -> Verdict:
    """Compare approved work with its slices, and billed slices with the ledger."""
    checks: list[Callable[[Evidence, Belief], Iterator[Breach]]] = [
        _partitions,
        _unapproved,
        _invoice_lines,
        _costed_twice,
    ]
    return Verdict(
        law="L-1",
        says="every approved entry and milestone is fully explained, and billed at most once",
        checked=len(evidence.approved) + len(evidence.billed),
        breaches=tuple(breach for check in checks for breach in check(evidence, belief)),
    )


def l4(evidence: Evidence) -> Verdict:
    """Add up every journal."""
    sums: dict[tuple[str, str], dict[str, Decimal]] = {}
    for booking in evidence.bookings:
        journal = sums.setdefault((booking.entity, booking.journal), defaultdict(Decimal))
        journal[booking.currency] += booking.amount
        journal[f"{booking.accounting_currency} of the books"] += booking.accounting_amount
    return Verdict(
        law="L-4",
        says="every journal balances per entity and currency",
        checked=len(sums),
        breaches=tuple(
            Breach(subject=f"{entity} {journal}", text=f"is out of balance by {amount} {currency}")
            for (entity, journal), amounts in sums.items()
            for currency, amount in amounts.items()
            if amount
        ),
    )


def l7(evidence: Evidence, belief: Belief) -> Verdict:
    """Look for the outcome of every message that was sent."""
    outcomes: dict[tuple[str, str], list[str]] = defaultdict(list)
    for message in belief.messages:
        outcomes[message.source, message.id].append(message.outcome)
    sent = {(message.source, message.id): message.about for message in evidence.sent}
    return Verdict(
        law="L-7",
        says="every message reaches exactly one outcome",
        checked=len(sent),
        breaches=tuple(
            Breach(subject=f"{source} {key}", text=f"about {about}: {text}")
            for (source, key), about in sent.items()
            if (text := _message_fault(outcomes[source, key]))
        ),
    )


def _message_fault(outcomes: list[str]) -> str:
    final = [outcome for outcome in outcomes if outcome in OUTCOMES]
    if not outcomes:
        return "nobody here knows of it"
    if not final:
        return f"has no outcome yet, it is {outcomes[0]}"
    return f"has {len(final)} outcomes: {', '.join(final)}" if len(final) > 1 else ""


def _partitions(evidence: Evidence, belief: Belief) -> Iterator[Breach]:
    slices: dict[str, list[BelievedSlice]] = defaultdict(list)
    for part in belief.slices:
        slices[part.source].append(part)
    for approved in evidence.approved:
        parts = [*slices[approved.source], *(slices[approved.alias] if approved.alias else [])]
        for text in _part_faults(approved, parts):
            yield Breach(subject=approved.source, text=text)


def _part_faults(approved: Approved, parts: list[BelievedSlice]) -> Iterator[str]:
    if not parts:
        yield "is approved and has no slices"
        return
    seconds = sum((part.seconds for part in parts), Decimal(0))
    amount = sum((part.amount for part in parts), Decimal(0))
    if seconds != approved.seconds:
        yield f"is {approved.seconds} s, its slices are {seconds} s"
    if approved.amount is not None and amount != approved.amount:
        owed = f"{approved.amount} {approved.currency}"
        yield f"is worth {owed}, its slices are {amount} {approved.currency}"
    if approved.amount is None and any(part.state in _PAID_FOR for part in parts):
        yield "has no price, and is to be paid for"
    yield from (f"is in {part.currency}" for part in parts if part.currency != approved.currency)
    yield from (f"is {part.state!r}, no state" for part in parts if part.state not in STATES)


def _unapproved(evidence: Evidence, belief: Belief) -> Iterator[Breach]:
    known = {approved.source for approved in evidence.approved}
    known |= {approved.alias for approved in evidence.approved}
    for part in belief.slices:
        if part.source not in known:
            yield Breach(subject=part.source, text=f"has a slice {part.state}, unapproved")


class _Total(NamedTuple):
    net: Decimal
    currency: str
    hours: Decimal


def _invoice_lines(evidence: Evidence, belief: Belief) -> Iterator[Breach]:
    posted: dict[tuple[str, int], list[BilledLine]] = defaultdict(list)
    for line in evidence.billed:
        posted[line.reference, line.line].append(line)
    totals = _totals(part for part in belief.slices if part.state == "billed")
    for at in dict.fromkeys([*posted, *totals]):
        for text in _line_faults(posted.get(at, []), totals.get(at)):
            yield Breach(subject=f"{at[0]} line {at[1]}", text=text)


def _totals(billed: Iterable[BelievedSlice]) -> dict[tuple[str, int], _Total]:
    groups: dict[tuple[str, int], list[BelievedSlice]] = defaultdict(list)
    for part in billed:
        groups[part.invoice or "no invoice", part.line or 0].append(part)
    return {
        at: _Total(
            net=sum((part.amount for part in parts), Decimal(0)),
            currency=parts[0].currency,
            hours=sum((part.seconds for part in parts), Decimal(0)) / _HOUR,
        )
        for at, parts in groups.items()
    }


def _line_faults(posted: list[BilledLine], billed: _Total | None) -> Iterator[str]:
    if len(posted) > 1:
        documents = ", ".join(line.document for line in posted)
        yield f"is posted {len(posted)} times: {documents}"
    if not posted:
        yield "is billed here, and not in the ledger"
    elif billed is None:
        yield f"is in the ledger ({posted[0].document}), and billed by nothing here"
    else:
        yield from _difference(posted[0], billed)


def _difference(posted: BilledLine, billed: _Total) -> Iterator[str]:
    if (posted.net, posted.currency) != (billed.net, billed.currency):
        there, here = f"{posted.net} {posted.currency}", f"{billed.net} {billed.currency}"
        yield f"is {there} in the ledger, and {here} here"
    if billed.hours and posted.quantity is not None:
        shown = min(_QUANTITY, Decimal((0, (1,), int(posted.quantity.as_tuple().exponent))))
        hours = billed.hours.quantize(shown, ROUND_HALF_UP)
        if posted.quantity != hours:
            yield f"is {posted.quantity} h in the ledger, and {hours} h here"


def _costed_twice(evidence: Evidence, _: Belief) -> Iterator[Breach]:
    vouchers: dict[str, list[str]] = defaultdict(list)
    for cost in evidence.costs:
        if cost.voucher:
            vouchers[cost.entry].append(cost.voucher)
    for entry, found in vouchers.items():
        if len(found) > 1:
            yield Breach(subject=entry, text=f"is costed {len(found)} times: {', '.join(found)}")
