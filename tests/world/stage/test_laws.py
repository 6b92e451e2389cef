from collections.abc import Sequence
from decimal import Decimal

import pytest

from world.stage import laws, loader, verdicts
from world.stage.evidence import Approved, BilledLine, Booking, CostLine, Evidence, Sent
from world.stage.laws import Verdict
from world.stage.platform import Belief, BelievedMessage, BelievedSlice

_HOURS_8 = Decimal(28800)


def _approved(source: str = "psa-main:101", **changes: object) -> Approved:
    told: dict[str, object] = {"seconds": _HOURS_8, "amount": Decimal("1200.00"), "currency": "USD"}
    return Approved.model_validate({"source": source, **told, **changes})


def _slice(source: str = "psa-main:101", **changes: object) -> BelievedSlice:
    told: dict[str, object] = {
        "state": "billed",
        "seconds": _HOURS_8,
        "amount": Decimal(1200),
        "currency": "USD",
        "invoice": "CT-1/1/1",
        "line": 1,
    }
    return BelievedSlice.model_validate({"source": source, **told, **changes})


def _open(state: str, source: str = "psa-main:101", **changes: object) -> BelievedSlice:
    unbilled: dict[str, object] = {"state": state, "invoice": None, "line": None}
    return _slice(source, **{**unbilled, **changes})


def _line(**changes: object) -> BilledLine:
    told: dict[str, object] = {
        "reference": "CT-1/1/1",
        "document": "FTI-1",
        "line": 1,
        "quantity": Decimal(8),
        "net": Decimal(1200),
        "currency": "USD",
    }
    return BilledLine.model_validate({**told, **changes})


def _cost(voucher: str) -> CostLine:
    return CostLine(
        entry="psa-main:101",
        entity="USMF",
        voucher=voucher,
        hours=Decimal(8),
        cost=Decimal(560),
        currency="USD",
    )


def _l1(
    approved: Sequence[Approved] = (),
    slices: Sequence[BelievedSlice] = (),
    billed: Sequence[BilledLine] = (),
    costs: Sequence[CostLine] = (),
) -> Verdict:
    evidence = Evidence(approved=tuple(approved), billed=tuple(billed), costs=tuple(costs))
    return laws.l1(evidence, Belief(slices=tuple(slices)))


def _texts(verdict: Verdict) -> list[str]:
    return [f"{breach.subject} {breach.text}" for breach in verdict.breaches]


class TestL1:
    def test_holds_where_work_is_billed_in_full(self) -> None:
        verdict = _l1([_approved()], [_slice()], [_line()])

        assert verdict.holds
        assert verdict.checked == 2

    def test_holds_where_slices_of_several_states_make_up_the_whole(self) -> None:
        billed = _slice(seconds=Decimal(19200), amount=Decimal(800))
        held = _open("held", seconds=Decimal(9600), amount=Decimal(400))
        line = _line(quantity=Decimal("5.3333"), net=Decimal(800))

        assert _l1([_approved()], [billed, held], [line]).holds

    @pytest.mark.parametrize("state", ["covered", "non_billable"])
    def test_holds_where_nobody_pays_for_the_time(self, state: str) -> None:
        free = _open(state, amount=Decimal(0))

        assert _l1([_approved(amount=Decimal(0))], [free]).holds

    def test_holds_for_a_milestone_under_the_name_that_the_platform_gave_it(self) -> None:
        reached = _approved("psa-main:55", alias="CT-1/M1", seconds=Decimal(0))
        part = _slice("CT-1/M1", seconds=Decimal(0))

        assert _l1([reached], [part], [_line(quantity=Decimal(1))]).holds

    def test_holds_where_time_without_a_price_is_held(self) -> None:
        held = _open("held", amount=Decimal(0))

        assert _l1([_approved(amount=None)], [held]).holds

    @pytest.mark.parametrize(
        ("slices", "says"),
        [
            ([], "psa-main:101 is approved and has no slices"),
            ([_open("ready", seconds=Decimal(1))], "is 28800 s, its slices are 1 s"),
            ([_open("ready", amount=Decimal(1))], "is worth 1200.00 USD, its slices are 1 USD"),
            ([_open("ready"), _open("held")], "is worth 1200.00 USD, its slices are 2400 USD"),
            ([_open("ready", currency="EUR")], "psa-main:101 is in EUR"),
            ([_open("lost")], "is 'lost', no state"),
            (
                [_open("ready"), _open("ready", "psa-main:9")],
                "psa-main:9 has a slice ready, unappr",
            ),
        ],
        ids=["none", "seconds", "amount", "overlap", "currency", "state", "unapproved"],
    )
    def test_breaks_where_slices_are_not_what_was_approved(
        self, slices: list[BelievedSlice], says: str
    ) -> None:
        verdict = _l1([_approved()], slices)

        assert not verdict.holds
        assert any(says in text for text in _texts(verdict)), _texts(verdict)

    def test_breaks_where_time_without_a_price_is_to_be_paid_for(self) -> None:
        verdict = _l1([_approved(amount=None)], [_open("ready")])

        assert _texts(verdict) == ["psa-main:101 has no price, and is to be paid for"]

    @pytest.mark.parametrize(
        ("billed", "says"),
        [
            ([], "CT-1/1/1 line 1 is billed here, and not in the ledger"),
            ([_line(net=Decimal(1199))], "is 1199 USD in the ledger, and 1200 USD here"),
            ([_line(currency="EUR")], "is 1200 EUR in the ledger, and 1200 USD here"),
            ([_line(quantity=Decimal(7))], "is 7 h in the ledger, and 8.0000 h here"),
            ([_line(), _line(document="FTI-2")], "is posted 2 times: FTI-1, FTI-2"),
            ([_line(), _line(line=2)], "line 2 is in the ledger (FTI-1), and billed by nothing"),
            ([_line(), _line(reference="X")], "X line 1 is in the ledger (FTI-1), and billed by"),
        ],
        ids=["missing", "net", "currency", "quantity", "twice", "line", "invoice"],
    )
    def test_breaks_where_the_ledger_has_other_lines(
        self, billed: list[BilledLine], says: str
    ) -> None:
        verdict = _l1([_approved()], [_slice()], billed)

        assert any(says in text for text in _texts(verdict)), _texts(verdict)
        assert len(verdict.breaches) == 1

    @pytest.mark.parametrize("quantity", ["5.3333", "5.333333", "5.33333333"])
    def test_holds_where_the_ledger_shows_hours_as_finely_as_it_can(self, quantity: str) -> None:
        hours = Decimal(19200)

        assert _l1(
            [_approved(seconds=hours)], [_slice(seconds=hours)], [_line(quantity=quantity)]
        ).holds

    @pytest.mark.parametrize("quantity", ["5.33", "5.3334", "5.333334"])
    def test_breaks_where_the_ledger_shows_other_hours(self, quantity: str) -> None:
        hours = Decimal(19200)
        part = _slice(seconds=hours)

        (text,) = _texts(_l1([_approved(seconds=hours)], [part], [_line(quantity=quantity)]))

        assert f"is {quantity} h in the ledger" in text

    def test_asks_no_hours_of_a_ledger_that_shows_an_amount_and_none(self) -> None:
        assert _l1([_approved()], [_slice()], [_line(quantity=None)]).holds

    def test_breaks_where_a_ledger_without_hours_has_another_amount(self) -> None:
        verdict = _l1([_approved()], [_slice()], [_line(quantity=None, net=Decimal("1200.01"))])

        assert "is 1200.01 USD in the ledger, and 1200 USD here" in _texts(verdict)[0]

    def test_breaks_where_an_entry_is_billed_on_two_invoices(self) -> None:
        again = _slice(invoice="CT-1/2/1")
        lines = [_line(), _line(reference="CT-1/2/1", document="FTI-2")]

        verdict = _l1([_approved()], [_slice(), again], lines)

        assert "psa-main:101 is 28800 s, its slices are 57600 s" in _texts(verdict)

    def test_breaks_where_an_entry_is_costed_twice(self) -> None:
        costs = [_cost(voucher) for voucher in ("PRJ-1", "PRJ-2", "")]

        verdict = _l1([_approved()], [_slice()], [_line()], costs)

        assert _texts(verdict) == ["psa-main:101 is costed 2 times: PRJ-1, PRJ-2"]


def _booking(amount: str, accounting: str, **changes: object) -> Booking:
    told: dict[str, object] = {
        "entity": "USMF",
        "journal": "FTV-1",
        "voucher": "FTV-1",
        "account": "130100",
        "currency": "EUR",
        "accounting_currency": "USD",
    }
    exact = {"amount": Decimal(amount), "accounting_amount": Decimal(accounting)}
    return Booking.model_validate({**told, **exact, **changes})


class TestL4:
    def test_holds_where_debits_are_credits_in_both_currencies(self) -> None:
        bookings = (_booking("3000.00", "3240.00"), _booking("-3000", "-3240"))

        verdict = laws.l4(Evidence(bookings=bookings))

        assert verdict.holds
        assert verdict.checked == 1

    def test_counts_each_journal_of_each_entity(self) -> None:
        bookings = tuple(
            _booking(sign + "1", sign + "1", entity=entity, journal=journal)
            for sign in ("", "-")
            for entity, journal in (("USMF", "1"), ("USMF", "2"), ("DEMF", "1"))
        )

        assert laws.l4(Evidence(bookings=bookings)).checked == 3

    @pytest.mark.parametrize(
        ("credit", "says"),
        [
            (_booking("-2999.99", "-3240"), "USMF FTV-1 is out of balance by 0.01 EUR"),
            (_booking("-3000", "-3300"), "out of balance by -60 USD of the books"),
            (_booking("-3000", "-3240", currency="USD"), "out of balance by 3000 EUR"),
            (_booking("-3000", "-3240", journal="FTV-2"), "FTV-1 is out of balance by 3000 EUR"),
            (_booking("-3000", "-3240", entity="DEMF"), "DEMF FTV-1 is out of balance by -3000"),
        ],
        ids=[
            "transaction",
            "accounting",
            "across currencies",
            "across journals",
            "across entities",
        ],
    )
    def test_breaks_where_a_journal_does_not_add_up(self, credit: Booking, says: str) -> None:
        verdict = laws.l4(Evidence(bookings=(_booking("3000", "3240"), credit)))

        assert not verdict.holds
        assert any(says in text for text in _texts(verdict)), _texts(verdict)


_SENT = Sent(source="crm-main", id="04l1", about="Opportunity 006")


def _l7(*outcomes: str, source: str = "crm-main", key: str = "04l1") -> Verdict:
    messages = tuple(BelievedMessage(source=source, id=key, outcome=one) for one in outcomes)
    return laws.l7(Evidence(sent=(_SENT, _SENT)), Belief(messages=messages))


class TestL7:
    @pytest.mark.parametrize("outcome", ["applied", "superseded", "rejected", "voided"])
    def test_holds_where_a_message_that_came_twice_has_one_outcome(self, outcome: str) -> None:
        verdict = _l7(outcome)

        assert verdict.holds
        assert verdict.checked == 1

    def test_breaks_where_a_message_is_lost(self) -> None:
        assert _texts(_l7()) == ["crm-main 04l1 about Opportunity 006: nobody here knows of it"]

    def test_breaks_where_a_message_waits(self) -> None:
        assert "has no outcome yet, it is received" in _texts(_l7("received"))[0]

    def test_breaks_where_a_message_has_two_outcomes(self) -> None:
        assert "has 2 outcomes: applied, voided" in _texts(_l7("applied", "voided"))[0]

    def test_does_not_take_another_system_s_message_for_it(self) -> None:
        assert not _l7("applied", source="psa-main").holds


def test_every_law_has_a_verdict() -> None:
    firm = loader.load(loader.find("milestones")).firm

    found = verdicts.verdicts(Evidence(), Belief(), firm)

    assert [verdict.law for verdict in found] == ["L-1", "L-4", "TIE", "COST", "L-7"]
    assert all(verdict.holds for verdict in found)
