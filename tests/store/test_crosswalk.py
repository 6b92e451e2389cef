import pytest
from sqlalchemy.exc import IntegrityError

from canonical.clients import ClientId
from store import crosswalk
from store.crosswalk import Found, Kind, NotLinkedError
from store.database import Database
from store.tables.parties import Origin
from tests.fakes import CRM, ERP, PSA, foreign
from tests.store.trails import audited

_SHELL = foreign(PSA, "500")


async def _link(
    database: Database, value: str = "500", *, kind: Kind = "project", ours: str = "PR-00001"
) -> None:
    async with database.transaction() as tx:
        await crosswalk.link(tx, kind, ours, foreign(PSA, value))


async def test_a_thing_is_found_both_ways(database: Database) -> None:
    """R-078."""
    await _link(database)

    async with database.reading() as tx:
        assert await crosswalk.find(tx, "project", "PR-00001", PSA) == _SHELL
        assert await crosswalk.theirs(tx, "project", "PR-00001", PSA) == _SHELL
        assert await crosswalk.ours(tx, "project", _SHELL) == "PR-00001"


async def test_each_system_calls_a_thing_as_it_likes(database: Database) -> None:
    await _link(database)
    async with database.transaction() as tx:
        await crosswalk.link(tx, "project", "PR-00001", foreign(ERP, "500"))

    async with database.reading() as tx:
        assert await crosswalk.theirs(tx, "project", "PR-00001", ERP) == foreign(ERP, "500")
        assert await crosswalk.ours(tx, "project", foreign(ERP, "500")) == "PR-00001"
        assert await crosswalk.ours(tx, "project", foreign(CRM, "500")) is None


async def test_things_of_two_kinds_may_share_a_name(database: Database) -> None:
    await _link(database)
    await _link(database, kind="client", ours="CL-00001")

    async with database.reading() as tx:
        assert await crosswalk.ours(tx, "project", _SHELL) == "PR-00001"
        assert await crosswalk.ours(tx, "client", _SHELL) == "CL-00001"


async def test_what_is_not_linked_is_named(database: Database) -> None:
    async with database.reading() as tx:
        assert await crosswalk.find(tx, "project", "PR-00001", PSA) is None
        assert await crosswalk.ours(tx, "project", _SHELL) is None
        with pytest.raises(NotLinkedError, match="project PR-00001 in psa-main"):
            await crosswalk.theirs(tx, "project", "PR-00001", PSA)


async def test_a_link_that_changes_leaves_a_trail(database: Database) -> None:
    await _link(database)
    await _link(database)
    await _link(database, "501")

    async with database.reading() as tx:
        assert await crosswalk.theirs(tx, "project", "PR-00001", PSA) == foreign(PSA, "501")
        assert await crosswalk.ours(tx, "project", _SHELL) is None
    assert [(row.action, row.detail) for row in await audited(database, "PR-00001")] == [
        ("project.linked", "psa-main:500"),
        ("project.relinked", "500 -> psa-main:501"),
    ]


async def test_two_things_never_share_one_record(database: Database) -> None:
    await _link(database)

    with pytest.raises(IntegrityError):
        await _link(database, ours="PR-00002")

    async with database.reading() as tx:
        assert await crosswalk.ours(tx, "project", _SHELL) == "PR-00001"


async def test_one_customer_number_in_two_companies_of_an_erp_is_two_records(
    database: Database,
) -> None:
    number = foreign(ERP, "CL-00001")
    async with database.transaction() as tx:
        for entity in ("USMF", "DEMF"):
            await crosswalk.link(tx, "client", f"CL-00001/{entity}", number, scope=entity)

    async with database.reading() as tx:
        assert await crosswalk.theirs(tx, "client", "CL-00001/USMF", ERP) == number
        assert await crosswalk.theirs(tx, "client", "CL-00001/DEMF", ERP) == number


async def test_what_was_there_before_us_is_told_apart_from_what_we_created(
    database: Database,
) -> None:
    await _link(database)
    found = Found(theirs=foreign(ERP, "K-100"), by="the tax id", scope="USMF")
    async with database.transaction() as tx:
        await crosswalk.adopt(tx, "client", "CL-00001/USMF", found)

    async with database.reading() as tx:
        assert await crosswalk.origin(tx, "project", "PR-00001", PSA) is Origin.CREATED
        assert await crosswalk.origin(tx, "client", "CL-00001/USMF", ERP) is Origin.ADOPTED
        assert await crosswalk.origin(tx, "client", "CL-00001/DEMF", ERP) is None
    (row,) = await audited(database, "CL-00001/USMF")
    assert (row.action, row.detail) == ("client.adopted", "erp-main:K-100, found by the tax id")


async def test_a_number_is_anothers_within_its_own_scope_only(database: Database) -> None:
    async with database.transaction() as tx:
        theirs = foreign(ERP, "K-100")
        await crosswalk.link(tx, "client", "CL-00001/USMF", theirs, scope="USMF")

    async with database.reading() as tx:
        assert await crosswalk.ours(tx, "client", theirs, scope="USMF") == "CL-00001/USMF"
        assert await crosswalk.ours(tx, "client", theirs, scope="DEMF") is None


async def test_every_name_of_a_client_is_known_and_no_other_clients(database: Database) -> None:
    linked = {
        "CL-00001/USMF": foreign(ERP, "K-100"),
        "CL-00001": foreign(PSA, "77"),
        "CL-000010/USMF": foreign(ERP, "K-200"),
    }
    async with database.transaction() as tx:
        for ours, theirs in linked.items():
            await crosswalk.link(tx, "client", ours, theirs)

    async with database.reading() as tx:
        assert await crosswalk.names(tx, ClientId("CL-00001")) == {"K-100", "77"}
