import re

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors import errors
from connectors.salesforce import _soql
from tests.connectors.salesforce.org import Org, foreign, signed_in

_MEANS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "'": "'", '"': '"', "\\": "\\"}
_HOSTILE = ["'", "\\", "\\'", "''", "' OR Id != '", "%", "_", "\x00", "\u02bc", "\u202e", ")or("]
_ANY_TEXT = st.text() | st.lists(st.sampled_from([*_HOSTILE, "\n", "a"])).map("".join)


def _read(literal: str) -> str:
    """Read a literal as SOQL's grammar does: it must end where the text ends."""
    assert re.fullmatch(r"'(?:[^'\\\n\r]|\\[nrtbf'\"\\])*'", literal), literal
    return re.sub(r"\\(.)", lambda escape: _MEANS[escape[1]], literal[1:-1])


@given(_ANY_TEXT)
@example("\\' OR Name LIKE '%")
@example("\r\n\t\b\f")
def test_a_literal_means_its_text_and_nothing_more(text: str) -> None:
    assert _read(_soql.literal(text)) == text


@given(_ANY_TEXT)
def test_an_id_is_the_only_thing_that_a_query_compares(text: str) -> None:
    query = _soql.by_id(["Id", "Name"], "Account", text)

    head, literal = query[: -len(_soql.literal(text))], query[-len(_soql.literal(text)) :]
    assert head == "SELECT Id, Name FROM Account WHERE Id = "
    assert _read(literal) == text


@settings(max_examples=50)
@given(_ANY_TEXT)
async def test_an_id_arrives_as_it_is_and_encoded_once(text: str) -> None:
    org = Org(httpx.Response(200, json={"totalSize": 0, "done": True, "records": []}))

    async with signed_in(org) as crm:
        with pytest.raises(errors.Missing):
            await crm.opportunity(foreign(text))

    url = org.requests[0].url
    assert list(url.params) == ["q"]
    assert url.params["q"].endswith(f" FROM Opportunity WHERE Id = {_soql.literal(text)}")


def test_children_are_columns() -> None:
    children = _soql.children(["Id", "Name"], "Lines__r")

    assert children == "(SELECT Id, Name FROM Lines__r)"
