"""COST: approved time is in the ledger once, at what it costs.

What an entry costs follows from where time is captured: its minutes at its cost rate, rounded
once. A journal has that and its hours on one line; the cost account has it on one line that
names the entry, in the currency of the books at the rate of the entry's day. Each voucher has
the same on the clearing account again, the other way round, and nothing elsewhere.
Entries that are held are not costed, nor is anything else.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from world.stage import exchange, money
from world.stage.evidence import Booking, CostLine, Evidence, Worked
from world.stage.firm import Firm
from world.stage.laws import Breach, Verdict
from world.stage.platform import Belief

_HELD = {"held"}
_HOUR = 3600
_QUANTITY = Decimal("0.0001")  # what a journal shows of hours, or more


class _There(NamedTuple):
    """What the ERP has of an entry: lines of journals, and of the ledger's cost account."""

    lines: Sequence[CostLine]
    booked: Sequence[Booking]


def verdict(evidence: Evidence, belief: Belief, firm: Firm) -> Verdict:
    """Compare every approved entry with its cost, and every voucher of costs with itself."""
    states: dict[str, set[str]] = defaultdict(set)
    for part in belief.slices:
        states[part.source].add(part.state)
    due = [one for one in evidence.worked if states.get(one.entry, _HELD) != _HELD]
    return Verdict(
        law="COST",
        says="every approved hour is in the ledger once, at its cost, to 0.00",
        checked=len(due),
        breaches=(
            *_entries(due, evidence, firm),
            *_strangers({one.entry for one in due}, evidence),
            *_vouchers(evidence, firm),
        ),
    )


def _entries(due: Iterable[Worked], evidence: Evidence, firm: Firm) -> Iterator[Breach]:
    lines: dict[tuple[str, str], list[CostLine]] = defaultdict(list)
    for line in evidence.costs:
        lines[line.entity, line.entry].append(line)
    booked: dict[tuple[str, str], list[Booking]] = defaultdict(list)
    for booking in evidence.bookings:
        if firm.accounts.main(booking.account) == firm.accounts.cost:
            booked[booking.entity, booking.entry].append(booking)
    for worked in due:
        at = worked.entity, worked.entry
        for text in _faults(worked, _There(lines[at], booked[at]), firm):
            yield Breach(subject=worked.entry, text=text)


def _faults(worked: Worked, there: _There, firm: Firm) -> Iterator[str]:
    if worked.per_hour is None:
        yield "has no cost rate, and is to be costed"
        return
    cost = money.rounded(worked.per_hour * worked.seconds / _HOUR, worked.currency)
    yield from _on_journals(worked, there.lines)
    yield from _in_ledger(worked, cost, there, firm.accounts.cost)
    if len(there.booked) == 1:
        yield from _in_books(worked, there.booked[0], firm)


def _on_journals(worked: Worked, lines: Sequence[CostLine]) -> Iterator[str]:
    """Look for one line that is posted, with the hours."""
    if len(lines) != 1 or not lines[0].voucher:
        found = ", ".join(line.voucher or "one not posted" for line in lines)
        yield f"1 posted line of time and cost is expected, {len(lines)} found: {found or 'none'}"
    for line in lines:
        shown = min(_QUANTITY, Decimal((0, (1,), int(line.hours.as_tuple().exponent))))
        hours = (worked.seconds / _HOUR).quantize(shown, ROUND_HALF_UP)
        if line.hours != hours:
            yield f"{hours} h are expected in {_named(line)}, {line.hours} h found"


def _in_ledger(worked: Worked, cost: Decimal, there: _There, account: str) -> Iterator[str]:
    """Look for one line with the cost on the cost account, which its journal has too."""
    if len(there.booked) > 1:
        yield f"1 line is expected on account {account}, {len(there.booked)} found"
    found = _sums((one.currency, one.amount) for one in there.booked)
    if found != {worked.currency: cost}:
        wanted = f"{cost} {worked.currency} is expected on account {account}"
        yield f"{wanted}, {_said(found)} found"
    on_journals = _sums((one.currency, one.cost) for one in there.lines if one.voucher)
    if on_journals != found:
        yield f"{_said(on_journals)} is on its journals, {_said(found)} in the ledger"


def _in_books(worked: Worked, booking: Booking, firm: Firm) -> Iterator[str]:
    """Convert what is booked at the rate of the entry's day."""
    books = booking.accounting_currency
    rate = exchange.rate(firm, worked.day, booking.currency, books)
    if rate is None:
        return
    exact, found = booking.amount * rate, booking.accounting_amount
    if exchange.off(found, exact) > exchange.allowed(booking.currency, books):
        wanted = f"{money.rounded(exact, books)} {books} of the books"
        yield f"{wanted} is expected on account {booking.account}, {found} found"


def _strangers(due: set[str], evidence: Evidence) -> Iterator[Breach]:
    """Look for costs on the play's projects that no entry has which is to be costed."""
    for line in evidence.costs:
        if line.entry not in due:
            subject = line.entry or f"{line.entity} {_named(line)}"
            text = f"no cost is expected, {line.cost} {line.currency} found in {_named(line)}"
            yield Breach(subject=subject, text=text)


def _vouchers(evidence: Evidence, firm: Firm) -> Iterator[Breach]:
    """Compare the accounts of cost and of clearing in every voucher that has either."""
    vouchers: dict[tuple[str, str], dict[tuple[str, str], Decimal]] = {}
    for booking in evidence.bookings:
        at = booking.entity, booking.voucher
        sums = vouchers.setdefault(at, defaultdict(Decimal))
        account = firm.accounts.main(booking.account)
        sums[account, booking.currency] += booking.amount
        sums[account, f"{booking.accounting_currency} of the books"] += booking.accounting_amount
    for (entity, voucher), sums in vouchers.items():
        if {firm.accounts.cost, firm.accounts.clearing} & {account for account, _ in sums}:
            for text in _cleared(sums, firm.accounts.cost, firm.accounts.clearing):
                yield Breach(subject=f"{entity} {voucher}", text=text)


def _cleared(sums: Mapping[tuple[str, str], Decimal], cost: str, clearing: str) -> Iterator[str]:
    currencies = dict.fromkeys(currency for _, currency in sums)
    wanted = {(clearing, each): -sums.get((cost, each), Decimal(0)) for each in currencies}
    for at in dict.fromkeys([*wanted, *sums]):
        account, currency = at
        expected, found = wanted.get(at, Decimal(0)), sums.get(at, Decimal(0))
        if account != cost and expected != found:
            yield f"{expected} {currency} is expected on account {account}, {found} found"


def _sums(amounts: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for currency, amount in amounts:
        sums[currency] += amount
    return sums


def _said(sums: Mapping[str, Decimal]) -> str:
    return ", ".join(f"{amount} {currency}" for currency, amount in sums.items()) or "nothing"


def _named(line: CostLine) -> str:
    return line.voucher or "a journal that is not posted"
