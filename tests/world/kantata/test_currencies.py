from tests.world.kantata.firm import Firm


async def test_the_supported_currencies_are_listed_with_their_sub_units(firm: Firm) -> None:
    found = {each["iso_code"]: each["subunit_to_unit"] for each in await firm.get("currencies")}

    assert (found["USD"], found["JPY"], found["KWD"]) == (100, 1, 1000)
    assert [each["iso_code"] for each in await firm.get("currencies", matching="chf")] == ["CHF"]


async def test_they_come_in_an_envelope_if_the_switch_says_so(firm: Firm) -> None:
    await firm.set(currencies_in_an_envelope=True)

    answer = await firm.get("currencies")

    assert answer["currencies"]["EUR"]["symbol"] == "€"
