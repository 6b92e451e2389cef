import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical.mappings import Mapping, MappingMissingError, Mappings
from tests.fakes import DEMF, ERP, USMF, mapping

_MAY = date(2026, 5, 1)
_JUNE = date(2026, 6, 1)
_DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))


def _code(*rows: Mapping, on: date = _JUNE) -> str:
    return Mappings(system=ERP, rows=rows).value("payment_terms", "NET30", entity=USMF, on=on)


def _row(theirs: str, valid_from: date = _MAY, **changes: object) -> Mapping:
    return mapping("payment_terms", "NET30", theirs, valid_from=valid_from, **changes)


def test_a_row_holds_from_its_first_day_on() -> None:
    assert _code(_row("Net30"), on=_MAY) == "Net30"
    assert _code(_row("Net30"), on=date(2030, 1, 1)) == "Net30"


def test_a_row_does_not_hold_before_its_first_day() -> None:
    with pytest.raises(MappingMissingError):
        _code(_row("Net30"), on=date(2026, 4, 30))


def test_a_later_row_takes_over_from_its_day() -> None:
    rows = (_row("New", _JUNE), _row("Old"))

    assert _code(*rows, on=date(2026, 5, 31)) == "Old"
    assert _code(*rows, on=_JUNE) == "New"


def test_a_higher_version_of_the_same_day_takes_over() -> None:
    assert _code(_row("Corrected", version=2), _row("Wrong", version=1)) == "Corrected"


def test_a_later_day_beats_a_higher_version() -> None:
    assert _code(_row("Old", version=7), _row("New", _JUNE, version=1)) == "New"


def test_an_entitys_own_row_beats_a_later_general_one() -> None:
    assert _code(_row("Own", entity=USMF), _row("General", _JUNE)) == "Own"


def test_the_general_row_holds_until_the_entitys_own_does() -> None:
    rows = (_row("Own", _JUNE, entity=USMF), _row("General"))

    assert _code(*rows, on=date(2026, 5, 31)) == "General"
    assert _code(*rows, on=_JUNE) == "Own"


def test_another_entitys_row_is_of_no_use() -> None:
    with pytest.raises(MappingMissingError):
        _code(_row("Theirs", entity=DEMF))


def test_a_row_of_another_kind_is_of_no_use() -> None:
    with pytest.raises(MappingMissingError):
        _code(mapping("customer_group", "NET30", "10"))


def test_what_is_missing_is_named_with_all_that_a_new_row_needs() -> None:
    """R-012: kind, value, system, day and entity."""
    with pytest.raises(MappingMissingError) as caught:
        _code()

    assert str(caught.value) == (
        "erp-main has no payment_terms for 'NET30' on 2026-06-01 (USMF): add the mapping"
    )


@given(st.lists(_DAYS, min_size=1, unique=True), _DAYS)
def test_the_row_in_force_is_the_last_that_began(starts: list[date], on: date) -> None:
    rows = [_row(start.isoformat(), start) for start in starts]
    begun = [start for start in starts if start <= on]

    if begun:
        assert _code(*rows, on=on) == max(begun).isoformat()
    else:
        with pytest.raises(MappingMissingError, match=re.escape(on.isoformat())):
            _code(*rows, on=on)
