"""What a client has already is adopted; what we wrote ourselves is no sign of it."""

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.clients import ErpClients, OpenClient, PsaClients
from canonical.clients import ClientClaims, ClientId, Company, Customer
from canonical.systems import ForeignId
from store import clients, crosswalk
from store.database import Database
from store.tables.parties import Origin
from tests.activities import house
from tests.erp_port import FakeErp
from tests.fakes import CRM, ERP, PSA, USMF, client, foreign
from tests.ports import FakePsa
from tests.store import trails

ID = ClientId("CL-00001")
OPEN = OpenClient(client=ID, routes=house.ROUTES)
TAX_ID = "12-3456789"
TAXED = {"country": "US", "status": "business", "tax_id": TAX_ID}
K100 = foreign(ERP, "K-100")
ACME = foreign(PSA, "77")


def _customer(number: str = "K-100", **changes: object) -> Customer:
    there = {"name": "Northwind", "country": "US", "tax_ids": ("123456789",)}
    return Customer.model_validate({"id": foreign(ERP, number), **there, **changes})


def _erp(*existing: Customer) -> FakeErp:
    erp = FakeErp()
    erp.existing = {each.id: (USMF, each) for each in existing}
    return erp


async def _known(database: Database, **claims: str) -> None:
    await house.won(database)
    async with database.transaction() as tx:
        await clients.save(tx, client(tax_profile=TAXED))
        await clients.note(tx, ID, ClientClaims(**claims))


async def _opens(database: Database, erp: FakeErp) -> ForeignId:
    performed = house.effects(database)
    steps = ErpClients(erp, database, performed, house.LANDSCAPE, settle=house.AT_ONCE)
    return await ActivityEnvironment().run(steps.open, OPEN)


async def _opens_company(database: Database, psa: FakePsa) -> ForeignId:
    steps = PsaClients(psa, database, house.effects(database), settle=house.AT_ONCE)
    return await ActivityEnvironment().run(steps.open, OPEN)


async def _origin(database: Database, ours: str, theirs: ForeignId) -> Origin | None:
    async with database.reading() as tx:
        assert await crosswalk.theirs(tx, "client", ours, theirs.system) == theirs
        return await crosswalk.origin(tx, "client", ours, theirs.system)


async def _told(database: Database, ours: str) -> list[str]:
    rows = await trails.audited(database, ours)
    return [row.detail for row in rows if row.action == "client.adopted"]


async def test_the_customer_that_the_account_names_is_adopted_and_none_created(
    database: Database,
) -> None:
    await _known(database, customer="K-100")
    erp = _erp(_customer())

    assert await _opens(database, erp) == await _opens(database, erp) == K100

    assert erp.customers == {}
    assert await _origin(database, "CL-00001/USMF", K100) is Origin.ADOPTED
    told = await _told(database, "CL-00001/USMF")
    assert told == ["erp-main:K-100, found by the number on the account"]


async def test_without_a_number_the_tax_id_finds_the_customer(database: Database) -> None:
    await _known(database)
    erp = _erp(_customer())

    assert await _opens(database, erp) == K100
    assert await _told(database, "CL-00001/USMF") == ["erp-main:K-100, found by the tax id"]


async def test_a_client_that_nobody_has_is_created(database: Database) -> None:
    await _known(database)
    erp = _erp(_customer(tax_ids=("99-9999999",)))

    made = await _opens(database, erp)

    assert list(erp.customers) == [made]
    assert await _origin(database, "CL-00001/USMF", made) is Origin.CREATED


async def test_a_customer_of_another_entity_is_not_this_ones(database: Database) -> None:
    await _known(database)
    erp = FakeErp()
    erp.existing = {K100: (house.LANDSCAPE.entities[1].id, _customer())}

    assert (await _opens(database, erp)).value == ID


@pytest.mark.parametrize(
    ("existing", "claim", "error"),
    [
        ((), "K-100", "NotAdoptableError"),
        ((_customer(country="DE"),), "K-100", "NotAdoptableError"),
        ((_customer(), _customer("K-200")), None, "DuplicateCustomerError"),
    ],
)
async def test_what_is_in_doubt_is_for_a_person_and_creates_nothing(
    database: Database, existing: tuple[Customer, ...], claim: str | None, error: str
) -> None:
    await _known(database, **({"customer": claim} if claim else {}))
    erp = _erp(*existing)

    with pytest.raises(ApplicationError) as caught:
        await _opens(database, erp)

    assert (caught.value.type, caught.value.non_retryable) == (error, True)
    assert erp.customers == {}


async def test_a_customer_that_is_another_client_of_ours_is_for_a_person(
    database: Database,
) -> None:
    await _known(database, customer="K-100")
    async with database.transaction() as tx:
        await crosswalk.link(tx, "client", "CL-00007/USMF", K100, scope="USMF")

    with pytest.raises(ApplicationError, match="that of client CL-00007"):
        await _opens(database, _erp(_customer()))


async def test_what_we_wrote_on_the_account_ourselves_is_no_claim(database: Database) -> None:
    await _known(database, customer="CL-00001", company="77")
    async with database.transaction() as tx:
        await crosswalk.link(tx, "client", "CL-00001/DEMF", foreign(ERP, "CL-00001"), scope="DEMF")
        await crosswalk.link(tx, "client", "CL-00001", foreign(CRM, "77"))

    erp, psa = _erp(), FakePsa()

    assert await _opens(database, erp) in erp.customers
    assert await _opens_company(database, psa) in psa.companies


async def test_a_customer_whose_creation_was_not_answered_is_ours_and_not_adopted(
    database: Database,
) -> None:
    await _known(database)
    erp = FakeErp()
    erp.loses("create_customer")
    with pytest.raises(ApplicationError):
        await _opens(database, erp)
    (made,) = erp.customers
    erp.existing = {made: (USMF, _customer(made.value))}

    assert await _opens(database, erp) == made

    assert await _origin(database, "CL-00001/USMF", made) is Origin.CREATED


async def test_a_customer_that_was_adopted_can_be_created_by_no_attempt_that_comes_late(
    database: Database,
) -> None:
    await _known(database)
    erp = _erp()
    erp.refuses("create_customer", "Field City must be filled in")
    with pytest.raises(ApplicationError):
        await _opens(database, erp)
    erp.existing = {K100: (USMF, _customer())}

    assert await _opens(database, erp) == K100

    assert await house.states(database) == {"client/CL-00001/USMF/erp": "withdrawn"}


async def test_the_company_that_the_account_names_is_adopted(database: Database) -> None:
    await _known(database, company="77")
    psa = FakePsa()
    psa.existing = {ACME: Company(id=ACME, name="Northwind")}

    assert await _opens_company(database, psa) == ACME

    assert psa.companies == {}
    assert await _origin(database, "CL-00001", ACME) is Origin.ADOPTED
    assert await _told(database, "CL-00001") == ["psa-main:77, found by the id on the account"]


async def test_a_company_that_is_not_there_is_for_a_person(database: Database) -> None:
    await _known(database, company="78")
    psa = FakePsa()

    with pytest.raises(ApplicationError) as caught:
        await _opens_company(database, psa)

    assert caught.value.type == "NotAdoptableError"
    assert psa.companies == {}
