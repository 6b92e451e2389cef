"""What needs no server: exact values, prices, rates and the words of a code."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical.worktime import WorkTime
from connectors import http
from connectors.ports import Delivery, ErpFeature
from connectors.tryton import Tryton, _booking, _mapping, _wire
from connectors.tryton._rpc import Float, Value, decoded, encoded
from connectors.tryton._server import coded, escaped
from tests.connectors.tryton.house import Deal, dimensions, foreign

DEAL = Deal(1, foreign(1), foreign(2), foreign(3), dimensions(1))
AMOUNTS = st.decimals(min_value="-9999999", max_value="9999999", places=2)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Decimal("1E+3"), '{"__class__":"Decimal","decimal":"1000"}'),
        (Decimal("0.10"), '{"__class__":"Decimal","decimal":"0.10"}'),
        (date(2026, 3, 1), '{"__class__":"date","year":2026,"month":3,"day":1}'),
        (timedelta(seconds=1, microseconds=1), '{"__class__":"timedelta","seconds":1.000001}'),
        (Float(Decimal("6.666667")), "6.666667"),
        (
            [["add", [1]], {"a": None, "b": True, "c": "ü"}],
            '[["add",[1]],{"a":null,"b":true,"c":"\\u00fc"}]',
        ),
    ],
)
def test_values_are_written_exactly_as_tryton_reads_them(value: Value, written: str) -> None:
    assert http.write_json(encoded(value)).decode() == written


@given(AMOUNTS | st.dates() | st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=999)))
def test_a_typed_value_comes_back_as_it_was(value: Decimal | date | timedelta) -> None:
    assert decoded(http.read_json(http.write_json(encoded([{"it": value}])))) == [{"it": value}]


def test_what_we_do_not_read_is_nothing_and_what_is_wrong_is_refused() -> None:
    assert decoded({"__class__": "bytes", "base64": ""}) is None
    for wrong in (
        {"__class__": "Decimal"},
        {"__class__": "Decimal", "decimal": "x"},
        {"__class__": "date", "year": "x", "month": 1, "day": 1},
        {"__class__": "date", "year": 2026, "month": 13, "day": 1},
        {"__class__": "timedelta", "seconds": None},
    ):
        with pytest.raises(ValueError):  # noqa: PT011 - whichever of them
            decoded(wrong)


@given(AMOUNTS, st.integers(min_value=1, max_value=100_000), AMOUNTS)
def test_a_line_is_always_worth_exactly_its_net(net: Decimal, minutes: int, price: Decimal) -> None:
    line = DEAL.billed(1, str(net), minutes=minutes, price=str(price))

    hours, unit_price, text = _mapping.priced(line, 6)

    assert unit_price * (1 if hours is None else hours) == net
    assert text.startswith("Line 1")


def test_with_fewer_digits_a_line_that_would_not_fit_is_once_its_net() -> None:
    line = DEAL.billed(1, "1012.50", minutes=405, price="150")

    assert _mapping.priced(line, 6) == (Decimal("6.75"), Decimal(150), "Line 1")
    assert _mapping.priced(line, 1) == (None, Decimal("1012.50"), "Line 1 (6.75 h)")


@pytest.mark.parametrize(
    ("exact", "kept"), [("0.125", "0.12"), ("0.135", "0.14"), ("-0.125", "-0.12"), ("7", "7.00")]
)
def test_halves_are_rounded_to_even(exact: str, kept: str) -> None:
    assert str(_mapping.rounded(Decimal(exact), Decimal("0.01"))) == kept


@pytest.mark.parametrize(("country", "kind"), [("DE", "eu_vat"), ("US", None), ("GB", None)])
def test_a_tax_id_is_checked_as_a_vat_id_in_the_eu_only(country: str, kind: str | None) -> None:
    assert _mapping.identifier_type(country) == kind


def test_a_duration_keeps_four_decimals_of_a_second() -> None:
    worked = WorkTime(seconds=Decimal("3600.0001"))

    assert _booking.duration(worked) == timedelta(seconds=3600, microseconds=100)


def test_a_code_is_looked_for_as_it_is_written() -> None:
    assert escaped(r"A_%\B") == r"A\_\%\\B"
    assert coded(_wire.Work, ["PR_1"]) == ["OR", ["name", "like", r"PR\_1 %"]]
    assert coded(_wire.Employee, ["1"]) == ["party.code", "in", ["1"]]


def test_what_is_read_is_what_is_named() -> None:
    assert _wire.Company.reads() == [
        *("id", "party.code", "currency", "currency.code", "currency.rounding")
    ]
    assert "_timestamp" in _wire.Move.reads()


def test_tryton_declares_what_it_delivers_and_what_it_lacks() -> None:
    tryton = object.__new__(Tryton)

    assert tryton.delivers.model_dump() == {
        "customer": Delivery.UNIQUE,
        "contract": Delivery.FINDABLE,
        "project": Delivery.FINDABLE,
        "journal": Delivery.FINDABLE,
        "journal_lines": Delivery.UNIQUE,
        "invoice": Delivery.FINDABLE,
        "invoice_lines": Delivery.UNIQUE,
    }
    assert ErpFeature.CREDIT_NOTES not in tryton.lacks
