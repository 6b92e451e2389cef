"""A client that the firm had before us: adopted, named where it is in doubt, never undone."""

from canonical.clients import Company, Customer
from canonical.systems import ForeignId
from tests.fakes import ERP, PSA, account, foreign
from tests.workflows.house import House
from tests.workflows.waiting import ended

ASKER = "contract:gone"


def _customer(house: House, number: str, **changes: object) -> ForeignId:
    """Put a customer into the ERP's books as the firm did, years ago."""
    there = {"name": "Northwind", "country": "US", "tax_ids": (f"12-{house.number:07}",)}
    theirs = foreign(ERP, f"{number}-{house.number}")
    found = Customer.model_validate({"id": theirs, **there, **changes})
    house.erp.existing[theirs] = (house.entity, found)
    return theirs


def _knows(house: House, **claims: str | None) -> None:
    house.knows(tax_id=f"12{house.number:07}", **claims)


async def test_customer_and_company_that_the_account_names_are_adopted(house: House) -> None:
    customer = _customer(house, "K-100")
    company = foreign(PSA, "77")
    house.psa.existing[company] = Company(id=company, name="Northwind")
    _knows(house, customer=customer.value, company="77")

    await house.asks(ASKER)
    client = await ended(house.onboarding())

    links = house.crm.clients[house.account]
    assert (links.client, links.erp, links.psa) == (client, customer, company)
    assert (house.erp.customers, house.psa.companies) == ({}, {})


async def test_a_deal_is_billed_to_the_number_that_the_customer_always_had(
    house: House,
) -> None:
    customer = _customer(house, "K-100")
    _knows(house)

    await house.activates()
    await house.posts(house.worked())
    await house.bills()
    await ended(house.issue())

    assert list(house.erp.contracts.values()) == [customer]
    assert [paper.customer for paper in house.erp.posted_invoices] == [customer]
    assert house.erp.customers == {}


async def test_a_number_that_nobody_has_waits_for_the_crm_to_be_corrected(house: House) -> None:
    customer = _customer(house, "K-100")
    _knows(house, customer="K-999")
    await house.asks(ASKER)
    (case,) = await house.parked()
    assert (case.error_class, case.owner, case.certainty) == ("E08", "sales_ops", "not_sent")
    assert "no customer K-999" in case.text

    _knows(house, customer=customer.value)
    await house.client_master.signal("changed")
    await ended(house.onboarding())

    assert house.crm.clients[house.account].erp == customer
    assert house.erp.customers == {}


async def test_two_customers_with_one_tax_id_wait_until_the_account_names_one(
    house: House,
) -> None:
    customers = [_customer(house, number) for number in ("K-100", "K-200")]
    _knows(house)
    await house.asks(ASKER)
    (case,) = await house.parked()
    assert (case.error_class, case.owner) == ("E09", "finance")
    assert all(each.value in case.text for each in customers)

    _knows(house, customer=customers[1].value)
    await house.client_master.signal("changed")
    await ended(house.onboarding())

    assert house.crm.clients[house.account].erp == customers[1]
    assert house.erp.customers == {}


async def test_a_company_that_nobody_has_waits_for_the_crm_to_be_corrected(house: House) -> None:
    _knows(house, company="78")
    await house.asks(ASKER)
    (case,) = await house.parked()
    assert "no company 78" in case.text

    _knows(house)
    await house.client_master.signal("changed")
    await ended(house.onboarding())

    (company,) = house.psa.companies
    assert house.crm.clients[house.account].psa == company


async def test_a_deal_that_is_unwon_leaves_what_was_adopted_as_it_was(house: House) -> None:
    customer = _customer(house, "K-100")
    _knows(house)
    before = dict(house.erp.existing)

    await house.activates()
    await house.loses()

    assert await ended(house.unwinding) == "closed"
    assert house.erp.in_use == set()
    assert house.erp.existing == before
    assert customer not in house.erp.closed


async def test_an_account_that_carries_our_own_links_is_not_adopted_by_the_next_deal(
    house: House,
) -> None:
    house.knows()
    await house.asks(ASKER)
    client = await ended(house.onboarding())
    links = house.crm.clients[house.account]
    told = account(id=house.account, customer=links.erp.value, company=links.psa.value)
    house.crm.accounts[house.account] = told
    calls = len(house.erp.calls)

    await house.asks("contract:another")

    assert await ended(house.onboarding(2)) == client
    assert house.erp.calls[calls:] == []
