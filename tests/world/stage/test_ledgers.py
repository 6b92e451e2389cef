"""Several ERPs, each with the legal entities that the landscape gives it."""

import json
from datetime import date
from pathlib import Path

import pytest

from world.stage import ledgers, loader
from world.stage.calls import StageError
from world.stage.firm import Firm
from world.stage.keys import Keys
from world.stage.ledgers import Finance, Ledger
from world.stage.readings import Books, ErpCustomer
from world.stage.terms import Client, Existing

_FIRM = loader.load(loader.find("milestones")).firm


class _Book:
    """An ERP that notes what it is asked for."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.entities: set[str] = set()
        self.people: set[str] = set()
        self.asked: list[str] = []

    async def install(self, keys: Keys, push_url: str = "") -> None:
        self.asked.append(f"install {keys.tenant} {push_url}".rstrip())

    async def move_clock(self, day: date) -> None:
        self.asked.append(f"day {day}")

    def learn(self, firm: Firm) -> None:
        self.entities |= set(firm.entities)

    async def set_up(self, firm: Firm) -> None:
        self.learn(firm)
        self.people |= set(firm.people)

    async def register_tax_id(self, entity: str, tax_id: str, country: str, name: str) -> None:
        self.asked.append(f"{entity} {tax_id} {country} {name}")

    async def add_customer(self, existing: Existing, client: Client) -> None:
        self.asked.append(f"add {existing.customer} {client.name}")

    async def customers(self, account: str) -> tuple[ErpCustomer, ...]:
        shared = {"name": "C", "group": "10", "terms": "", "tax_group": "", "tax_id": ""}
        return (ErpCustomer(entity=self.name, account=account, currency="EUR", **shared),)

    async def read(self, entity: str, code: str) -> Books:
        self.asked.append(f"read {entity} {code}")
        return Books()


def _ledger(system: str, *entities: str) -> Ledger:
    return Ledger(system=system, vendor=system, url="http://erp.test", entities=frozenset(entities))


async def test_each_entity_is_set_up_in_its_own_erp_with_its_own_people() -> None:
    us, de = _Book("us"), _Book("de")
    finance = Finance({_ledger("us", "USMF"): us, _ledger("de", "DEMF"): de})

    await finance.set_up(_FIRM)

    assert (us.entities, de.entities) == ({"USMF"}, {"DEMF"})
    assert "kim" in us.people
    assert de.people == {"lena"}


async def test_a_project_and_a_tax_id_go_to_the_erp_of_their_entity() -> None:
    us, de = _Book("us"), _Book("de")
    finance = Finance({_ledger("us", "USMF"): us, _ledger("de", "DEMF"): de})

    await finance.read("DEMF", "PR-00001")
    await finance.register_tax_id("DEMF", "FR40303265045", "FR", "Atelier")

    assert us.asked == []
    assert de.asked == ["read DEMF PR-00001", "DEMF FR40303265045 FR Atelier"]


async def test_one_client_is_read_back_from_every_erp() -> None:
    finance = Finance({_ledger("us", "USMF"): _Book("us"), _ledger("de", "DEMF"): _Book("de")})

    found = await finance.customers(["CL-00001", "CL-00001"])

    assert [(one.entity, one.account) for one in found] == [("de", "CL-00001"), ("us", "CL-00001")]


async def test_an_entity_that_no_erp_serves_is_named() -> None:
    finance = Finance({_ledger("us", "USMF"): _Book("us")})

    with pytest.raises(StageError, match="no ERP keeps the books of DEMF: the landscape has USMF"):
        await finance.set_up(_FIRM)


async def test_a_product_that_nobody_on_stage_knows_is_named() -> None:
    with pytest.raises(StageError, match="erp-x: nobody on stage knows 'erp-x'"):
        async with ledgers.connect([_ledger("erp-x", "USMF")], Keys.fresh()):
            pass


def test_keys_of_an_older_stack_keep_what_they_have_and_get_what_is_new(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    before = Keys.kept(file)
    known = json.loads(file.read_text())
    del known["tryton_password"]
    file.write_text(json.dumps(known))

    after = Keys.kept(file)

    assert after.client_secret == before.client_secret
    assert after.kantata_tokens == before.kantata_tokens
    assert after.tryton_password not in {"", before.tryton_password}
    assert Keys.kept(file) == after
