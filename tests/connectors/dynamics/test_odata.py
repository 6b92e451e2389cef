import json
import re
from decimal import Decimal
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.dynamics import _mapping, _odata
from tests.connectors.dynamics.house import DIMENSIONS

_WORDS = st.text() | st.text(alphabet="'%/?#&+* =\\\r\n\"()")
_AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, places=6)


@given(_WORDS)
def test_a_text_literal_ends_where_it_should_and_reads_back(text: str) -> None:
    literal = _odata.literal(text)

    assert re.fullmatch(r"'(?:[^']|'')*'", literal)
    assert literal[1:-1].replace("''", "'") == text


@given(_WORDS, st.integers(min_value=0))
def test_a_key_stays_in_its_segment_and_reads_back(text: str, number: int) -> None:
    path = _odata.key("Rows", dataAreaId=text, RecId=number)

    url = httpx.URL(f"https://env.test/data/{path}?a=b")
    assert url.raw_path.decode() == f"/data/{path}?a=b"
    found = re.fullmatch(r"Rows\(dataAreaId=('.*'),RecId=(\d+)\)", path)
    assert found is not None
    assert unquote(found[1]) == _odata.literal(text)
    assert int(found[2]) == number


@given(_WORDS)
def test_a_filter_survives_its_way_through_the_query_string(text: str) -> None:
    where = _odata.equal(dataAreaId="usmf", Description=text)

    params = httpx.URL(f"https://env.test/data/Rows?{_odata.query(filter=where)}").params
    assert dict(params) == {"cross-company": "true", "$filter": where}
    assert where == f"dataAreaId eq 'usmf' and Description eq {_odata.literal(text)}"


def test_a_query_writes_blanks_as_every_server_reads_them() -> None:
    assert _odata.query(filter="A eq 'x y+z'") == (
        "cross-company=true&$filter=A%20eq%20'x%20y%2Bz'"
    )


@given(st.dictionaries(_WORDS, _WORDS | st.integers() | _AMOUNTS))
def test_a_row_reads_back_digit_for_digit(row: dict[str, str | int | Decimal]) -> None:
    content = _odata.encode(row)

    read = json.loads(content, parse_float=str, parse_int=str)
    assert read == {
        name: f"{value:f}" if isinstance(value, Decimal) else str(value)
        for name, value in row.items()
    }
    assert b"\n" not in content
    assert b"\r" not in content


def test_numbers_pass_no_float_on_the_way_in() -> None:
    assert _odata.decode(b'{"a":0.1,"b":12345678901234567890.123456789}') == {
        "a": Decimal("0.1"),
        "b": Decimal("12345678901234567890.123456789"),
    }


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"a":NaN}', b'{"a":Infinity}', b"\xff\xfe\xff", b"[" * 200_000],
    ids=["empty", "torn", "nan", "infinity", "bytes", "deep"],
)
def test_what_is_no_json_is_a_value_error(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - several kinds of it
        _odata.decode(content)


@given(*[st.text(alphabet=st.characters(exclude_characters="\\"))] * 2)
def test_dimensions_read_back_whatever_their_values_hold(unit: str, code: str) -> None:
    values = DIMENSIONS.model_copy(update={"business_unit": unit, "project": code})

    shown = _mapping.dimensions(values, "-")
    parts = [part.replace("\\-", "-") for part in re.split(r"(?<!\\)-", shown)]
    assert parts == [unit, code]


def test_a_delimiter_in_a_dimension_value_is_escaped() -> None:
    assert _mapping.dimensions(DIMENSIONS, "-") == r"CONS-P\-00001"
    assert _mapping.dimensions(DIMENSIONS, "|") == "CONS|P-00001"
