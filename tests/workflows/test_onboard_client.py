from tests.workflows.house import House
from tests.workflows.waiting import card, ended

ASKER = "contract:gone"


async def test_opens_the_client_everywhere_and_tells_the_crm(house: House) -> None:
    house.knows()
    await house.asks(ASKER)
    client = await ended(house.onboarding())

    (customer,), (company,) = house.erp.customers, house.psa.companies
    links = house.crm.clients[house.account]
    assert customer.value == client == f"CL-{house.number + 1:05}"
    assert (links.client, links.erp, links.psa) == (client, customer, company)
    assert await card(house.onboarding()) == f"**Onboarded** as {client}."


async def test_an_incomplete_tax_profile_waits_for_a_person_and_resumes_on_a_change(
    house: House,
) -> None:
    house.knows(country="FR")
    house.entity = house.landscape.entities[1].id
    await house.asks(ASKER)
    (case,) = await house.parked()
    shown = await card(house.onboarding())
    house.knows(country="FR", tax_id="FR40303265045")
    await house.client_master.signal("changed")
    client = await ended(house.onboarding())

    assert (case.error_class, case.owner, case.step) == ("E05", "sales_ops", "Check the client")
    assert "VAT id" in case.text
    assert "VAT id" in shown
    assert house.crm.clients[house.account].client == client
    assert await house.open_cases() == []


async def test_each_thing_that_is_missing_is_a_case(house: House) -> None:
    house.knows(payment_terms=None, street="")
    await house.asks(ASKER)
    found = await house.parked(cases_open=2)

    assert {case.id.rpartition("/")[2] for case in found} == {"payment terms", "billing street"}


async def test_two_systems_that_refuse_are_two_cases_and_one_resume(house: House) -> None:
    house.knows()
    house.erp.refuses("create_customer", "customer group 10 is blocked")
    house.psa.refuses("create_client", "the name is taken")
    await house.asks(ASKER)
    found = await house.parked(cases_open=2)
    await house.onboarding().signal("resume")
    await ended(house.onboarding())

    assert {case.text for case in found} == {"customer group 10 is blocked", "the name is taken"}
    assert len(house.erp.customers) == len(house.psa.companies) == 1
    assert await house.open_cases() == []


async def test_what_the_erp_refused_is_put_right_in_the_crm_and_taken_from_there(
    house: House,
) -> None:
    house.knows(currency="GBP")
    house.erp.refuses("create_customer", "there is no currency GBP")
    await house.asks(ASKER)
    await house.parked()
    house.knows(currency="USD")
    await house.onboarding().signal("resume")

    await ended(house.onboarding())
    ((_, client, _),) = house.erp.customers.values()
    assert client.currency == "USD"
