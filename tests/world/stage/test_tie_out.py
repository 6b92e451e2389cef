from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from world.stage import loader, tie_out
from world.stage.evidence import Booking, Evidence, InvoicedLine, PostedInvoice
from world.stage.laws import Verdict
from world.stage.platform import Belief, BelievedSlice

FIRM = loader.load(loader.find("milestones")).firm
HOURS, MILESTONES = "401100", "401200"
RECEIVABLE, TAX, COST = "130100", "222200", "540100"
_CENT = Decimal("0.01")
_RATE = Decimal("1.08")  # of EUR in USD, from 2026-06-30 on


def _line(net: str, tax: str = "0", account: str = HOURS) -> InvoicedLine:
    return InvoicedLine(account=account, net=Decimal(net), tax=Decimal(tax))


def _invoice(*lines: InvoicedLine, owed: str | Decimal, **changes: object) -> PostedInvoice:
    told: dict[str, object] = {
        "entity": "USMF",
        "document": "7",
        "reference": "CT-1/1/1",
        "number": "FTI-1",
        "voucher": "FTV-1",
        "client": "CL-1",
        "day": date(2026, 7, 31),
        "currency": "EUR",
        "lines": lines,
        "owed": Decimal(owed),
    }
    return PostedInvoice.model_validate({**told, **changes})


def _booking(account: str, amount: str, in_books: str, **changes: object) -> Booking:
    told: dict[str, object] = {
        "entity": "USMF",
        "journal": "FTV-1 J-1",
        "voucher": "FTV-1",
        "account": account,
        "currency": "EUR",
        "amount": Decimal(amount),
        "accounting_currency": "USD",
        "accounting_amount": Decimal(in_books),
    }
    return Booking.model_validate({**told, **changes})


def _slice(amount: str, **changes: object) -> BelievedSlice:
    told: dict[str, object] = {
        "source": "psa-main:1",
        "state": "billed",
        "seconds": Decimal(3600),
        "amount": Decimal(amount),
        "currency": "EUR",
        "invoice": "CT-1/1/1",
        "line": 1,
    }
    return BelievedSlice.model_validate({**told, **changes})


# 1000.00 of hours and 500.50 of a milestone with 19 % tax: 1785.60 EUR, at 1.08.
INVOICE = _invoice(_line("1000.00", "190.00"), _line("500.50", "95.10", MILESTONES), owed="1928.45")
ENTRY = (
    _booking(RECEIVABLE, "1785.60", "1928.45"),
    _booking(HOURS, "-1000.00", "-1080.00"),
    _booking(MILESTONES, "-500.50", "-540.54"),
    _booking(TAX, "-285.10", "-307.91"),
)
SLICES = (_slice("1000.00"), _slice("500.50", line=2))


def _tied(
    *bookings: Booking,
    invoices: tuple[PostedInvoice, ...] = (INVOICE,),
    slices: tuple[BelievedSlice, ...] = SLICES,
) -> Verdict:
    evidence = Evidence(invoices=invoices, bookings=bookings)
    return tie_out.tie_out(evidence, Belief(slices=slices), FIRM)


def _texts(verdict: Verdict) -> list[str]:
    return [f"{breach.subject}: {breach.text}" for breach in verdict.breaches]


def _with(number: int, **changes: object) -> tuple[Booking, ...]:
    """Return the entry with one of its lines changed."""
    wrong = ENTRY[number].model_copy(update=changes)
    return (*ENTRY[:number], wrong, *ENTRY[number + 1 :])


def test_holds_where_gross_net_and_tax_are_on_their_accounts_in_both_currencies() -> None:
    verdict = _tied(*ENTRY)

    assert _texts(verdict) == []
    assert (verdict.law, verdict.checked) == ("TIE", 1)


def test_holds_for_accounts_that_the_ledger_shows_with_dimensions() -> None:
    shown = tuple(one.model_copy(update={"account": f"{one.account}-040-PR\\-1"}) for one in ENTRY)

    assert _tied(*shown).holds


def test_holds_whichever_line_has_what_rounding_left_over() -> None:
    # 3 x 0.33 EUR are 0.36 USD each where 0.3564 is exact, and 1.07 together.
    invoice = _invoice(*[_line("0.33")] * 3, owed="1.07")
    revenue = [_booking(HOURS, "-0.33", amount) for amount in ("-0.36", "-0.36", "-0.35")]
    on_receivable = _booking(RECEIVABLE, "0.99", "1.08")
    alike = [_booking(HOURS, "-0.33", "-0.36")] * 3
    slices = (_slice("0.99"),)

    last = _tied(_booking(RECEIVABLE, "0.99", "1.07"), *revenue, invoices=(invoice,), slices=slices)
    owed = invoice.model_copy(update={"owed": Decimal("1.08")})
    first = _tied(on_receivable, *alike, invoices=(owed,), slices=slices)

    assert _texts(last) == _texts(first) == []


def test_holds_in_a_currency_that_the_firm_quotes_the_other_way_round() -> None:
    # 110.00 USD are 100.00 EUR at 1.10 USD for one EUR.
    own = {"entity": "DEMF", "currency": "USD"}
    other = own | {"accounting_currency": "EUR"}
    invoice = _invoice(_line("110.00"), owed="100.00", day=date(2026, 3, 1), **own)
    entry = (
        _booking(RECEIVABLE, "110.00", "100.00", **other),
        _booking(HOURS, "-110.00", "-100.00", **other),
    )
    slices = (_slice("110.00", currency="USD"),)

    assert _texts(_tied(*entry, invoices=(invoice,), slices=slices)) == []


_PLANTED: dict[str, tuple[tuple[Booking, ...], str]] = {
    "wrong tax": (
        (*ENTRY[:3], _booking(TAX, "-300.00", "-324.00")),
        "FTI-1 (CT-1/1/1): -285.10 EUR is expected on account 222200, -300.00 found",
    ),
    "no tax": (ENTRY[:3], "-285.10 EUR is expected on account 222200, 0 found"),
    "missing line": (
        (*ENTRY[:2], ENTRY[3]),
        "-500.50 EUR is expected on account 401200, 0 found",
    ),
    "other revenue account": (
        _with(2, account=HOURS),
        "-1000.00 EUR is expected on account 401100, -1500.50 found",
    ),
    "account of no invoice": (_with(1, account=COST), "0 EUR is expected on account 540100"),
    "tax as revenue": (_with(3, account=HOURS), "-285.10 EUR is expected on account 222200"),
    "posted twice in one voucher": (
        (*ENTRY, *(one.model_copy(update={"journal": "FTV-1 J-2"}) for one in ENTRY)),
        "1 entry in the ledger is expected, 2 found",
    ),
    "posted twice in one entry": (
        (*ENTRY, *ENTRY),
        "1785.60 EUR is expected on account 130100, 3571.20 found",
    ),
    "posted again elsewhere": (
        (*ENTRY, *(one.model_copy(update={"voucher": "M-9"}) for one in ENTRY)),
        "USMF M-9: no invoice has this voucher: nothing is expected on account 130100",
    ),
    "not posted": ((), "1 entry in the ledger is expected, 0 found"),
    "another entity's": (
        tuple(one.model_copy(update={"entity": "DEMF"}) for one in ENTRY),
        "1 entry in the ledger is expected, 0 found",
    ),
    "a cent off": (
        _with(1, amount=Decimal("-999.99")),
        "-1000.00 EUR is expected on account 401100, -999.99 found",
    ),
    "in another currency": (
        tuple(one.model_copy(update={"currency": "USD"}) for one in ENTRY),
        "1785.60 EUR is expected on account 130100, 0 found",
    ),
    "a cent off in the books": (
        _with(1, accounting_amount=Decimal("-1080.01")),
        "a balance of 0 USD of the books is expected, -0.01 found",
    ),
    "a cent off in the books on both sides": (
        (
            _booking(RECEIVABLE, "1785.60", "1928.46"),
            _booking(HOURS, "-1000.00", "-1080.01"),
            *ENTRY[2:],
        ),
        "1928.45 USD of the books is expected to be owed, 1928.46 found",
    ),
    "an old rate": (
        (
            _booking(RECEIVABLE, "1785.60", "1964.16"),
            _booking(HOURS, "-1000.00", "-1100.00"),
            _booking(MILESTONES, "-500.50", "-550.55"),
            _booking(TAX, "-285.10", "-313.61"),
        ),
        "-1080.00 USD of the books is expected on account 401100, -1100.00 found",
    ),
}


@pytest.mark.parametrize(("entry", "says"), _PLANTED.values(), ids=_PLANTED)
def test_breaks_where_an_error_is_planted(entry: tuple[Booking, ...], says: str) -> None:
    verdict = _tied(*entry)

    assert any(says in text for text in _texts(verdict)), _texts(verdict)


def test_breaks_where_a_line_of_the_invoice_is_on_no_revenue_account() -> None:
    invoice = _invoice(_line("100.00", account=COST), owed="108.00")
    entry = (_booking(RECEIVABLE, "100.00", "108.00"), _booking(COST, "-100.00", "-108.00"))

    verdict = _tied(*entry, invoices=(invoice,), slices=(_slice("100.00"),))

    assert "a line's revenue account is expected, 540100 found" in _texts(verdict)[0]


@pytest.mark.parametrize(
    ("slices", "says"),
    [
        ((SLICES[0],), "CL-1: revenue of 1000.00 EUR is expected, 1500.50 found"),
        ((), "CL-1: revenue of 0 EUR is expected, 1500.50 found"),
        (
            (*SLICES, _slice("0.01")),
            "CL-1: revenue of 1500.51 EUR is expected, 1500.50 found",
        ),
        (
            (*SLICES, _slice("9.00", invoice="CT-1/2/1")),
            "CT-1/2/1: revenue of 9.00 EUR is expected, 0 found",
        ),
        (
            (*SLICES, _slice("9.00", currency="USD")),
            "CL-1: revenue of 9.00 USD is expected, 0 found",
        ),
    ],
    ids=["a slice less", "none", "a cent more", "no such invoice", "another currency"],
)
def test_breaks_where_a_client_was_billed_another_sum(
    slices: tuple[BelievedSlice, ...], says: str
) -> None:
    assert _texts(_tied(*ENTRY, slices=slices)) == [says]


def test_does_not_count_what_is_not_billed() -> None:
    waits = _slice("5.00", state="ready", invoice=None, line=None)

    assert _tied(*ENTRY, slices=(*SLICES, waits)).holds


def test_breaks_where_one_client_s_invoice_is_another_s() -> None:
    again = {"document": "8", "voucher": "FTV-2", "number": "FTI-2", "reference": "CT-2/1/1"}
    other = INVOICE.model_copy(update={**again, "client": "CL-2"})
    entry = [one.model_copy(update={"voucher": "FTV-2", "journal": "J-2"}) for one in ENTRY]

    verdict = _tied(*ENTRY, *entry, invoices=(INVOICE, other))

    assert _texts(verdict) == ["CL-2: revenue of 0 EUR is expected, 1500.50 found"]


def test_an_invoice_in_the_currency_of_the_books_leaves_no_cent_to_rounding() -> None:
    own = {"currency": "USD"}
    invoice = _invoice(_line("10.00"), _line("20.00"), owed="30.01", **own)
    entry = (
        _booking(RECEIVABLE, "30.00", "30.01", **own),
        _booking(HOURS, "-10.00", "-10.00", **own),
        _booking(HOURS, "-20.00", "-20.01", **own),
    )

    verdict = _tied(*entry, invoices=(invoice,), slices=(_slice("30.00", **own),))

    assert "30.00 USD of the books is expected on account 130100, 30.01 found" in " ".join(
        _texts(verdict)
    )


_AMOUNTS = st.integers(min_value=1, max_value=99_999_999).map(lambda cents: cents * _CENT)
_LINES = st.lists(
    st.builds(
        InvoicedLine,
        account=st.sampled_from((HOURS, MILESTONES)),
        net=_AMOUNTS,
        tax=_AMOUNTS | st.just(Decimal(0)),
    ),
    min_size=1,
    max_size=8,
)
Ledger = Callable[[list[InvoicedLine]], tuple[PostedInvoice, tuple[Booking, ...]]]


def _half_up_with_the_rest_on_the_last(
    lines: list[InvoicedLine],
) -> tuple[PostedInvoice, tuple[Booking, ...]]:
    """Post as an ERP does that converts every line and corrects the last."""
    amounts = _sides(lines)
    found = [(amount * _RATE).quantize(_CENT, ROUND_HALF_UP) for _, amount in amounts]
    found[-1] -= sum(found)
    return _posted(lines, found)


def _half_even_with_the_sum_owed(
    lines: list[InvoicedLine],
) -> tuple[PostedInvoice, tuple[Booking, ...]]:
    """Post as an ERP does that converts what it sells and lets the customer owe the sum."""
    _, *amounts = _sides(lines)
    found = [(amount * _RATE).quantize(_CENT, ROUND_HALF_EVEN) for _, amount in amounts]
    return _posted(lines, [-sum(found, Decimal(0)), *found])


def _sides(lines: list[InvoicedLine]) -> list[tuple[str, Decimal]]:
    net = sum((line.net for line in lines), Decimal(0))
    tax = sum((line.tax for line in lines), Decimal(0))
    taxed = [(TAX, -tax)] if tax else []
    return [(RECEIVABLE, net + tax), *taxed, *((line.account, -line.net) for line in lines)]


def _posted(
    lines: list[InvoicedLine], in_books: list[Decimal]
) -> tuple[PostedInvoice, tuple[Booking, ...]]:
    entry = tuple(
        _booking(account, str(amount), str(there))
        for (account, amount), there in zip(_sides(lines), in_books, strict=True)
    )
    return _invoice(*lines, owed=in_books[0]), entry


@pytest.mark.parametrize("post", [_half_up_with_the_rest_on_the_last, _half_even_with_the_sum_owed])
@given(lines=_LINES, data=st.data())
def test_holds_however_an_erp_rounds_and_breaks_where_a_line_is_off(
    post: Ledger, lines: list[InvoicedLine], data: st.DataObject
) -> None:
    invoice, entry = post(lines)
    slices = (_slice(str(sum(line.net for line in lines))),)
    number = data.draw(st.integers(min_value=0, max_value=len(entry) - 1))
    field = data.draw(st.sampled_from(("amount", "accounting_amount")))
    by = data.draw(_AMOUNTS) * data.draw(st.sampled_from((1, -1)))
    wrong = entry[number].model_copy(update={field: getattr(entry[number], field) + by})
    planted = (*entry[:number], wrong, *entry[number + 1 :])

    assert _texts(_tied(*entry, invoices=(invoice,), slices=slices)) == []
    assert not _tied(*planted, invoices=(invoice,), slices=slices).holds
    assert not _tied(*entry, *entry, invoices=(invoice,), slices=slices).holds
    without = (*entry[:number], *entry[number + 1 :])
    assert not _tied(*without, invoices=(invoice,), slices=slices).holds
