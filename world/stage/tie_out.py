"""TIE: invoices and the ledger tie out to 0.00.

Each posted invoice has one entry in the ledger: its gross on the receivable account, its net on
the revenue accounts of its lines, its tax on the tax account, and nothing else. In the currency
of the books it is the same at the rate of its day; what rounding leaves over is on one line.
Nothing else is booked on those accounts, and each client's revenue is what the platform believes
that it billed.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from world.stage import exchange, money
from world.stage.evidence import Booking, Evidence, PostedInvoice
from world.stage.firm import Accounts, Firm
from world.stage.laws import Breach, Verdict
from world.stage.platform import Belief

_NOTHING = Decimal(0)
_Booked = Mapping[tuple[str, str], list[Booking]]


def tie_out(evidence: Evidence, belief: Belief, firm: Firm) -> Verdict:
    """Compare every posted invoice with its entry, and every client with what was billed."""
    invoices = {(one.entity, one.document): one for one in evidence.invoices}.values()
    booked: dict[tuple[str, str], list[Booking]] = defaultdict(list)
    for booking in evidence.bookings:
        booked[booking.entity, booking.voucher].append(booking)
    return Verdict(
        law="TIE",
        says="every invoice and every client's revenue tie out with the ledger to 0.00",
        checked=len(invoices),
        breaches=(
            *_invoices(invoices, booked, firm),
            *_others(invoices, booked, firm.accounts),
            *_clients(invoices, booked, belief, firm.accounts),
        ),
    )


def _invoices(invoices: Iterable[PostedInvoice], booked: _Booked, firm: Firm) -> Iterator[Breach]:
    for invoice in invoices:
        entry = booked.get((invoice.entity, invoice.voucher), [])
        journals = {booking.journal for booking in entry}
        faults = (
            [f"1 entry in the ledger is expected, {len(journals)} found"]
            if len(journals) != 1
            else [
                *_amounts(invoice, entry, firm.accounts),
                *_balance(invoice, entry, firm.accounts),
                *_conversion(invoice, entry, firm),
            ]
        )
        for text in faults:
            yield Breach(subject=f"{invoice.number} ({invoice.reference})", text=text)


def _amounts(invoice: PostedInvoice, entry: Iterable[Booking], accounts: Accounts) -> Iterator[str]:
    """Compare what stands on each account with the invoice's lines, in its currency."""
    expected: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for line in invoice.lines:
        revenue = accounts.main(line.account)
        if revenue not in _revenue(accounts):
            yield f"a line's revenue account is expected, {revenue} found"
        expected[accounts.receivable, invoice.currency] += line.net + line.tax
        expected[revenue, invoice.currency] -= line.net
        expected[accounts.tax, invoice.currency] -= line.tax
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for booking in entry:
        found[accounts.main(booking.account), booking.currency] += booking.amount
    for account, currency in dict.fromkeys([*expected, *found]):
        wanted, there = expected[account, currency], found[account, currency]
        if wanted != there:
            yield f"{wanted} {currency} is expected on account {account}, {there} found"


def _balance(invoice: PostedInvoice, entry: Iterable[Booking], accounts: Accounts) -> Iterator[str]:
    """Add the entry up, and compare it with what the customer owes, in the books' currency."""
    owed = rest = _NOTHING
    books = ""
    for booking in entry:
        books = booking.accounting_currency
        rest += booking.accounting_amount
        if accounts.main(booking.account) == accounts.receivable:
            owed += booking.accounting_amount
    if rest:
        yield f"a balance of 0 {books} of the books is expected, {rest} found"
    if owed != invoice.owed:
        yield f"{invoice.owed} {books} of the books is expected to be owed, {owed} found"


class _Converted(NamedTuple):
    booking: Booking
    exact: Decimal

    @property
    def off(self) -> Decimal:
        return exchange.off(self.booking.accounting_amount, self.exact)


def _conversion(invoice: PostedInvoice, entry: Collection[Booking], firm: Firm) -> Iterator[str]:
    """Convert each line at the rate of the day; one line may have what rounding left over."""
    books = next(booking.accounting_currency for booking in entry)
    rate = exchange.rate(firm, invoice.day, invoice.currency, books)
    if rate is None:
        return
    half = exchange.allowed(invoice.currency, books)
    converted = [_Converted(booking, booking.amount * rate) for booking in entry]
    wrong = [one for one in converted if one.off > half]
    if len(wrong) == 1 and wrong[0].off <= half * len(entry):
        return
    for one in wrong:
        wanted = f"{money.rounded(one.exact, books)} {books} of the books"
        there = one.booking.accounting_amount
        yield f"{wanted} is expected on account {one.booking.account}, {there} found"


def _others(
    invoices: Iterable[PostedInvoice], booked: _Booked, accounts: Accounts
) -> Iterator[Breach]:
    """Look for entries on the accounts of invoices that are no invoice's."""
    of_invoices = {(one.entity, one.voucher) for one in invoices}
    theirs = {accounts.receivable, accounts.tax, *_revenue(accounts)}
    for (entity, voucher), entry in booked.items():
        for booking in entry if (entity, voucher) not in of_invoices else ():
            if accounts.main(booking.account) in theirs:
                there = f"{booking.amount} {booking.currency} found"
                text = "no invoice has this voucher: nothing is expected on account"
                yield Breach(
                    subject=f"{entity} {voucher}", text=f"{text} {booking.account}, {there}"
                )


def _clients(
    invoices: Collection[PostedInvoice], booked: _Booked, belief: Belief, accounts: Accounts
) -> Iterator[Breach]:
    """Compare each client's revenue in the ledger with the slices that are billed."""
    client = {one.reference: one.client for one in invoices}
    billed: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for part in belief.slices:
        if part.state == "billed":
            reference = part.invoice or "no invoice"
            billed[client.get(reference, reference), part.currency] += part.amount
    revenue: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for one in invoices:
        for booking in booked.get((one.entity, one.voucher), []):
            if accounts.main(booking.account) in _revenue(accounts):
                revenue[one.client, booking.currency] -= booking.amount
    for at in dict.fromkeys([*billed, *revenue]):
        subject, currency = at
        if billed[at] != revenue[at]:
            text = f"revenue of {billed[at]} {currency} is expected, {revenue[at]} found"
            yield Breach(subject=subject, text=text)


def _revenue(accounts: Accounts) -> set[str]:
    return {accounts.revenue_time_and_materials, accounts.revenue_milestones}
