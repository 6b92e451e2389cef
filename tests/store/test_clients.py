import pytest

from canonical.clients import ClientClaims, ClientId
from canonical.systems import ForeignId, SystemId
from store import clients
from store.clients import UnknownClientError
from store.database import Database
from tests.fakes import CRM, ERP, client, foreign
from tests.store.trails import actions

_ACCOUNT = foreign(CRM, "001A")


async def _identify(database: Database, account: ForeignId = _ACCOUNT) -> ClientId:
    async with database.transaction() as tx:
        return await clients.identify(tx, account)


async def _number(
    database: Database, asked_by: str, *, account: str = "001A", erp: SystemId = ERP
) -> int:
    async with database.transaction() as tx:
        return await clients.onboarding_number(tx, foreign(CRM, account), erp, asked_by)


async def test_an_account_has_one_client_id(database: Database) -> None:
    assert await _identify(database) == await _identify(database) == "CL-00001"


async def test_each_account_has_its_own(database: Database) -> None:
    await _identify(database)

    assert await _identify(database, foreign(CRM, "001B")) == "CL-00002"
    assert await _identify(database, foreign(SystemId("crm-2"), "001A")) == "CL-00003"


async def test_the_golden_record_is_kept_as_last_saved(database: Database) -> None:
    identity = await _identify(database)
    renamed = client(name="Northwind Traders LLC")

    async with database.transaction() as tx:
        await clients.save(tx, client())
        await clients.save(tx, client())
        await clients.save(tx, renamed)

    async with database.reading() as tx:
        assert await clients.get(tx, identity) == renamed
    assert await actions(database, identity) == ["client.saved", "client.saved"]


async def test_a_new_golden_record_changes_every_field_that_somebody_owns(
    database: Database,
) -> None:
    """R-023: whose they are is asked before they are kept."""
    await _identify(database)

    async with database.reading() as tx:
        changed = await clients.changes(tx, client())
    assert set(changed) == {"name", "address", "tax_profile", "payment_terms", "currency"}


async def test_only_what_differs_changes(database: Database) -> None:
    await _identify(database)
    async with database.transaction() as tx:
        await clients.save(tx, client())

        assert await clients.changes(tx, client()) == ()
        renamed = client(name="Northwind Traders LLC", payment_terms="NET60")
        assert await clients.changes(tx, renamed) == ("name", "payment_terms")


async def test_a_client_without_a_golden_record_is_named(database: Database) -> None:
    incomplete = await _identify(database)

    async with database.reading() as tx:
        for missing in (incomplete, ClientId("CL-00009")):
            with pytest.raises(UnknownClientError, match=missing):
                await clients.get(tx, missing)


async def test_who_asks_again_gets_the_same_number(database: Database) -> None:
    assert await _number(database, "contract:CT-00001") == 1
    assert await _number(database, "contract:CT-00002") == 2
    assert await _number(database, "contract:CT-00001") == 1


async def test_numbers_are_given_per_account_and_erp(database: Database) -> None:
    await _number(database, "contract:CT-00001")

    assert await _number(database, "contract:CT-00001", account="001B") == 1
    assert await _number(database, "contract:CT-00001", erp=SystemId("erp-2")) == 1


async def test_what_the_account_says_of_other_systems_is_kept_as_last_read(
    database: Database,
) -> None:
    async with database.transaction() as tx:
        client = await clients.identify(tx, foreign(CRM, "001A"))
        assert await clients.claims(tx, client) == ClientClaims()
        await clients.note(tx, client, ClientClaims(customer="K-100", company="77"))
    async with database.transaction() as tx:
        await clients.note(tx, client, ClientClaims(company="78"))

    async with database.reading() as tx:
        assert await clients.claims(tx, client) == ClientClaims(company="78")
