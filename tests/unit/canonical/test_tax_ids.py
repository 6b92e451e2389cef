import pytest

from canonical import tax_ids
from canonical.clients import CountryCode

GERMANY, GREECE = CountryCode("DE"), CountryCode("GR")


@pytest.mark.parametrize("typed", ["DE136695976", "de 136 695 976", "DE-136.695.976", "136695976"])
def test_a_vat_id_has_one_spelling_however_it_was_typed(typed: str) -> None:
    assert tax_ids.spelled(typed, GERMANY) == "DE136695976"


def test_a_number_without_a_prefix_is_of_the_country_that_it_stands_with() -> None:
    assert tax_ids.spelled("094259216", GREECE) == "EL094259216"
    assert tax_ids.spelled("DE136695976", GREECE) == "DE136695976"
    assert tax_ids.spelled("12-3456789", None) == "123456789"


def test_what_all_spellings_have_in_common_is_the_number_in_order() -> None:
    assert tax_ids.characters("DE 136 695 976", GERMANY) == "136695976"
    assert tax_ids.characters("EL 094259216", GREECE) == "094259216"
    assert tax_ids.characters(" - ", GERMANY) == ""
