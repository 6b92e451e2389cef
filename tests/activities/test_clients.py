import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

import settings
from activities.clients import (
    CheckClient,
    ClientChecked,
    ClientRecords,
    ClientRules,
    CrmClients,
    ErpClients,
    OpenClient,
    PsaClients,
)
from canonical.clients import Account, ClientId, ClientLinks
from canonical.codes import CustomerCodes
from canonical.landscape import Landscape
from settings import Settings
from store import clients, trail
from store.clients import UnknownClientError
from store.database import Database
from tests.activities import house
from tests.erp_port import FakeErp
from tests.fakes import CRM, DEMF, USMF, account, client, foreign
from tests.ports import FakeCrm, FakePsa

ID = ClientId("CL-00001")
OPEN = OpenClient(client=ID, routes=house.ROUTES)
KEY = "client/CL-00001/psa"


def _rules(landscape: Landscape) -> ClientRules:
    return ClientRules(landscape, settings.load_ownership(Settings().ownership))


async def _check(
    database: Database, landscape: Landscape, found: Account, entity: str = USMF
) -> ClientChecked:
    crm = FakeCrm(accounts=(found,))
    steps = CrmClients(crm, database, house.effects(database), _rules(landscape))
    question = CheckClient.model_validate({"account": found.id, "entity": entity})
    return await ActivityEnvironment().run(steps.check, question)


def _psa(database: Database, psa: FakePsa) -> PsaClients:
    return PsaClients(psa, database, house.effects(database), settle=house.AT_ONCE)


def _erp(database: Database, erp: FakeErp, landscape: Landscape) -> ErpClients:
    performed = house.effects(database)
    return ErpClients(erp, database, performed, landscape, settle=house.AT_ONCE)


async def test_a_complete_account_gets_its_golden_record(
    database: Database, landscape: Landscape
) -> None:
    first = await _check(database, landscape, account())
    again = await _check(database, landscape, account(name="Northwind Traders Inc."))

    assert first == again == ClientChecked(client=ID, defects=())
    async with database.reading() as tx:
        assert (await clients.get(tx, ID)).name == "Northwind Traders Inc."


async def test_an_incomplete_account_gets_an_id_and_its_defects(
    database: Database, landscape: Landscape
) -> None:
    french = account(country="FR", tax_id=None, payment_terms=None)

    checked = await _check(database, landscape, french, DEMF)

    assert checked.client == ID
    assert [defect.field for defect in checked.defects] == ["payment terms", "tax id"]
    async with database.reading() as tx:
        with pytest.raises(UnknownClientError):
            await clients.get(tx, ID)


async def test_two_accounts_are_two_clients(database: Database, landscape: Landscape) -> None:
    await _check(database, landscape, account())
    other = account(id=foreign(CRM, "001B"))

    assert (await _check(database, landscape, other)).client == "CL-00002"


async def test_an_account_that_is_gone_is_for_a_person(
    database: Database, landscape: Landscape
) -> None:
    steps = CrmClients(FakeCrm(), database, house.effects(database), _rules(landscape))
    question = CheckClient(account=account().id, entity=USMF)

    with pytest.raises(ApplicationError) as caught:
        await ActivityEnvironment().run(steps.check, question)
    assert caught.value.type == "Missing"


async def test_opens_a_customer_with_the_erps_own_codes(
    database: Database, landscape: Landscape
) -> None:
    await house.won(database)
    erp = FakeErp()

    made = await ActivityEnvironment().run(_erp(database, erp, landscape).open, OPEN)

    codes = CustomerCodes(customer_group="10", payment_terms="Net30", tax_group="DOM")
    assert erp.customers == {made: (USMF, client(), codes)}
    assert await house.linked(database, "client", "CL-00001/USMF", made) == made


async def test_a_customer_that_is_linked_is_not_opened_again(
    database: Database, landscape: Landscape
) -> None:
    await house.active(database)
    erp = FakeErp()

    made = await ActivityEnvironment().run(_erp(database, erp, landscape).open, OPEN)

    assert made == house.CUSTOMER
    assert erp.calls == []


async def test_terms_without_a_mapping_stop_before_the_erp(
    database: Database, landscape: Landscape
) -> None:
    await house.won(database)
    async with database.transaction() as tx:
        await clients.save(tx, client(payment_terms="NET45"))
    erp = FakeErp()

    with pytest.raises(ApplicationError, match="no payment_terms for 'NET45'") as caught:
        await ActivityEnvironment().run(_erp(database, erp, landscape).open, OPEN)
    assert caught.value.type == "MappingMissingError"
    assert erp.calls == []


async def test_a_refused_customer_opens_once_its_values_are_mended(
    database: Database, landscape: Landscape
) -> None:
    await house.won(database)
    erp = FakeErp()
    erp.refuses("create_customer", "Field City must be filled in")
    steps = _erp(database, erp, landscape)

    with pytest.raises(ApplicationError):
        await ActivityEnvironment().run(steps.open, OPEN)
    async with database.transaction() as tx:
        await clients.save(tx, client(name="Northwind Traders Inc."))
    made = await ActivityEnvironment().run(steps.open, OPEN)

    assert erp.customers[made][1].name == "Northwind Traders Inc."


async def test_a_lost_answer_leaves_one_company(database: Database) -> None:
    await house.won(database)
    psa = FakePsa()
    psa.loses("create_client")
    steps = _psa(database, psa)

    with pytest.raises(ApplicationError) as caught:
        await ActivityEnvironment().run(steps.open, OPEN)
    made = await ActivityEnvironment().run(steps.open, OPEN)

    assert not caught.value.non_retryable
    assert list(caught.value.details) == [KEY]
    assert psa.companies == {made: ID}
    assert await house.linked(database, "client", "CL-00001", made) == made


async def test_two_companies_of_one_client_are_for_a_person(database: Database) -> None:
    await house.won(database)
    psa = FakePsa()
    psa.loses("create_client")
    with pytest.raises(ApplicationError):
        await ActivityEnvironment().run(_psa(database, psa).open, OPEN)
    psa.companies[psa.fresh()] = ID

    with pytest.raises(ApplicationError) as caught:
        await ActivityEnvironment().run(_psa(database, psa).open, OPEN)
    assert (caught.value.type, caught.value.non_retryable) == ("DoubleFoundError", True)


async def test_writes_every_id_on_the_account(database: Database, landscape: Landscape) -> None:
    await house.active(database)
    crm = FakeCrm(accounts=(account(),))
    steps = CrmClients(crm, database, house.effects(database), _rules(landscape))

    for _ in range(2):
        assert await ActivityEnvironment().run(steps.publish, OPEN) == account().id

    links = ClientLinks(client=ID, erp=house.CUSTOMER, psa=house.COMPANY)
    assert crm.clients == {account().id: links}
    assert crm.calls == ["record_client"]


async def test_writes_no_account_before_every_system_has_the_client(
    database: Database, landscape: Landscape
) -> None:
    await house.won(database)
    crm = FakeCrm(accounts=(account(),))
    steps = CrmClients(crm, database, house.effects(database), _rules(landscape))

    with pytest.raises(ApplicationError) as caught:
        await ActivityEnvironment().run(steps.publish, OPEN)
    assert caught.value.type == "NotLinkedError"
    assert crm.calls == []


async def test_publishes_once_that_a_client_is_ready(database: Database) -> None:
    for _ in range(2):
        await ActivityEnvironment().run(ClientRecords(database).onboarded, OPEN)

    async with database.reading() as tx:
        events = [(event.type, event.subject) for event in await trail.events(tx)]
    assert events == [("client.onboarded", "CL-00001/USMF")]
