import re
from urllib.parse import unquote

import httpx
from hypothesis import given
from hypothesis import strategies as st

from connectors.dynamics import _mapping, _odata
from tests.connectors.dynamics.house import DIMENSIONS

_WORDS = st.text() | st.text(alphabet="'%/?#&+* =\\\r\n\"()")


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


@given(*[st.text(alphabet=st.characters(exclude_characters="\\"))] * 2)
def test_dimensions_read_back_whatever_their_values_hold(unit: str, code: str) -> None:
    values = DIMENSIONS.model_copy(update={"business_unit": unit, "project": code})

    shown = _mapping.dimensions(values, "-")
    parts = [part.replace("\\-", "-") for part in re.split(r"(?<!\\)-", shown)]
    assert parts == [unit, code]


def test_a_delimiter_in_a_dimension_value_is_escaped() -> None:
    assert _mapping.dimensions(DIMENSIONS, "-") == r"CONS-P\-00001"
    assert _mapping.dimensions(DIMENSIONS, "|") == "CONS|P-00001"
