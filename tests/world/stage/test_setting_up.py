"""Firm, clients and deals in the three sandbox apps, in this process, and read back."""

from datetime import date

import pytest

from tests.world.stage.conftest import KEYS, URLS, Hosts, urls_of
from world.sandboxes.box import Box
from world.stage import dynamics_api, loader, salesforce_api, systems
from world.stage.calls import StageError
from world.stage.cast import Cast, assembled
from world.stage.dynamics import Dynamics
from world.stage.install import install
from world.stage.keys import Keys
from world.stage.loader import Script
from world.stage.systems import Systems
from world.stage.terms import ClientTerms, DealTerms


def _script(name: str) -> Script:
    return loader.load(loader.find(name))


async def _loaded(opened: Systems, name: str) -> tuple[Script, Cast]:
    script = _script(name)
    await opened.move_clocks(script.scenario.timeline[0].on)
    await opened.set_up(script.firm)
    return script, await assembled(script, opened)


def _log(boxes: dict[str, Box]) -> list[str]:
    found = []
    for box in boxes.values():
        with box.transaction() as tx:
            found += [entry["operation"] for entry in tx.logged()]
    return found


@pytest.mark.parametrize("name", loader.shipped())
async def test_clients_and_deals_of_a_scenario_are_in_the_crm_as_told(
    opened: Systems, name: str
) -> None:
    script, cast = await _loaded(opened, name)

    for key, client in script.scenario.clients.items():
        assert (await opened.crm.client(cast.accounts[key])).name == client.name
    for key, told in script.scenario.deals.items():
        deal = await opened.crm.deal(cast.opportunities[key])
        assert (deal.entity, deal.currency, deal.stage) == (
            told.entity,
            told.currency,
            "Negotiation",
        )
        assert deal.billing_model is not None
        assert deal.billing_model.lower() == told.billing_model
        assert [(p.role, p.since, p.per_hour) for p in deal.prices] == [
            (rate.role, rate.since, rate.per_hour) for rate in told.rates
        ]
        assert [(line.name, line.amount) for line in deal.schedule] == [
            (line.name, line.amount) for line in told.schedule
        ]


async def test_the_crm_tells_the_gateway_of_accounts_won_deals_and_schedules(
    opened: Systems,
) -> None:
    script, cast = await _loaded(opened, "milestones")
    (account,), (opportunity,) = cast.accounts.values(), cast.opportunities.values()
    lines = await opened.crm.schedule_lines(opportunity)

    before = await opened.crm.waiting()
    await opened.crm.win(opportunity, script.scenario.timeline[0].on)
    after = await opened.crm.waiting()

    assert [text.split(" about ")[1] for text in before] == [
        f"Account {account}",
        *(f"Billing_Schedule_Line__c {line}" for line in lines),
    ]
    assert [text.split(" about ")[1] for text in after[len(before) :]] == [
        f"Opportunity {opportunity}"
    ]


async def test_changes_fill_in_and_empty_fields(opened: Systems, hosts: Hosts) -> None:
    _, cast = await _loaded(opened, "missing-terms")
    account, opportunity = cast.accounts["donau"], cast.opportunities["rollout"]

    await opened.crm.change_client(account, ClientTerms(tax_id="ATU13585627", payment_terms=None))
    await opened.crm.change_deal(opportunity, DealTerms(billing_frequency="on completion"))

    async with salesforce_api.connect(URLS.crm, KEYS, hosts) as org:
        client = await org.get("Account", account)
        deal = await org.get("Opportunity", opportunity)
    assert (client["Tax_Id__c"], client["Payment_Terms__c"]) == ("ATU13585627", None)
    assert client["BillingCity"] == "Linz"
    assert deal["Billing_Frequency__c"] == "On completion"
    assert deal["Practice__c"] == "ERP"


async def test_setting_up_again_creates_nothing(opened: Systems, boxes: dict[str, Box]) -> None:
    firm = _script("milestones").firm
    await opened.set_up(firm)
    there = _log(boxes)

    await opened.set_up(firm)

    added = _log(boxes)[len(there) :]
    assert set(added) <= {"company.set"}, added


async def test_the_ledger_has_the_firm_in_both_entities(opened: Systems, hosts: Hosts) -> None:
    await opened.set_up(_script("milestones").firm)

    async with dynamics_api.connect(URLS.erps[0].url, KEYS, hosts) as erp:
        groups = await erp.select("TaxGroupDatas")
        rates = await erp.select("ExchangeRates")
        people = await erp.select("ProjectResources")

    assert {(row["dataAreaId"], row["TaxGroupId"], row["ReverseCharge"]) for row in groups} >= {
        ("usmf", "DOM", "No"),
        ("demf", "RC", "Yes"),
    }
    assert [(row["StartDate"][:10], row["Rate"], row["ConversionFactor"]) for row in rates] == [
        ("2026-01-01", 110, "Hundred"),
        ("2026-06-30", 108, "Hundred"),
    ]
    assert {(row["ResourceId"], row["ResourceCompanyId"]) for row in people} >= {
        ("000123", "usmf"),
        ("000201", "demf"),
    }


async def test_a_tax_id_is_registered_once_an_entity(opened: Systems, hosts: Hosts) -> None:
    await opened.set_up(_script("reverse-charge").firm)

    for _ in range(2):
        await opened.erp.register_tax_id("DEMF", "FR40303265045", "FR", "Atelier Lumière SAS")

    async with dynamics_api.connect(URLS.erps[0].url, KEYS, hosts) as erp:
        rows = await erp.select("VATNumTables")
    assert [(row["dataAreaId"], row["VATNum"]) for row in rows] == [("demf", "FR40303265045")]


async def test_every_clock_shows_the_day_until_it_is_moved(opened: Systems) -> None:
    (erp,) = opened.erp.books
    assert isinstance(erp, Dynamics)
    doors = (opened.crm.door, opened.psa.door, erp.door)

    for day in (date(2026, 7, 1), date(2026, 6, 30)):
        await opened.move_clocks(day)

        assert [await door.today() for door in doors] == [day] * 3


async def test_unknown_credentials_are_named_and_never_shown(hosts: Hosts) -> None:
    stranger = Keys.fresh()

    async with systems.connect(URLS, stranger, hosts) as opened:
        for attempt in (opened.crm, opened.psa, opened.erp):
            with pytest.raises(StageError) as refused:
                await attempt.set_up(_script("milestones").firm)

            assert stranger.client_secret not in str(refused.value)
            assert stranger.kantata_tokens[0] not in str(refused.value)
    assert stranger.client_secret not in repr(stranger)
    assert stranger.private_key_pem not in repr(stranger)


async def test_a_system_that_is_down_is_named() -> None:
    nowhere = urls_of(*["http://127.0.0.1:9"] * 3)

    with pytest.raises(StageError, match=r"crm-main at http://127\.0\.0\.1:9 does not answer"):
        await install(nowhere, KEYS, "http://gateway.test/salesforce")


async def test_a_refusal_is_told_in_the_system_s_own_words(opened: Systems) -> None:
    script, cast = await _loaded(opened, "milestones")
    terms = script.scenario.clients["summit"].model_copy(update={"tax_status": "unsure"})

    with pytest.raises(StageError, match=r"crm-main refuses PATCH .*: 400 .*Tax_Status__c"):
        await opened.crm.change_client(cast.accounts["summit"], terms)
