import pytest
from stdnum.eu import vat

from world.stage import tax_ids


@pytest.mark.parametrize("told", ["FR40303265045", "ATU13585627", "DE136695976"])
def test_every_play_has_a_valid_vat_id_of_its_own(told: str) -> None:
    plays = [tax_ids.of_play(told, play) for play in range(1, 5)]

    assert plays[0] == told
    assert len(set(plays)) == len(plays)
    assert all(vat.is_valid(each) and each[:2] == told[:2] for each in plays)


def test_what_is_no_vat_id_counts_on_and_keeps_its_length() -> None:
    assert tax_ids.of_play("12-0000009", 2) == "12-0000010"
    assert tax_ids.of_play("12-9999999", 2) == "12-0000000"
    assert tax_ids.of_play("none", 3) == "none"
