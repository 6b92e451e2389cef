"""One real Tryton for the tests of this connector, set up once."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from connectors.tryton import Tryton
from tests.connectors.tryton.firm import Firm, found_firm
from tests.connectors.tryton.house import Wire, wired
from tests.tryton_server import TrytonServer, required


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrytonServer]:
    """Return a server of our own: what it holds is nobody else's to reset."""
    required()
    server = TrytonServer(tmp_path_factory.mktemp("tryton-connector"))
    try:
        server.start()
        yield server
    finally:
        server.kill()


@pytest.fixture(scope="session")
def firm(house: TrytonServer) -> Iterator[Firm]:
    """Return the firm, looked at by its administrator."""
    admin = Firm(house.url, house.database, house.login, house.password)
    found_firm(admin)
    yield admin
    admin.close()


@pytest.fixture
def url(house: TrytonServer, firm: Firm) -> str:
    assert firm.company
    return house.url


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def connected(house: TrytonServer, firm: Firm) -> AsyncIterator[tuple[Tryton, Wire]]:
    """Return one connector for all tests: a login costs more than most of their calls."""
    assert firm.company
    async with wired(house.url) as pair:
        yield pair


@pytest.fixture
def erp(connected: tuple[Tryton, Wire]) -> Tryton:
    return connected[0]


@pytest.fixture
def wire(connected: tuple[Tryton, Wire]) -> Iterator[Wire]:
    """Return the wire that `erp` goes over."""
    connected[1].heal()
    yield connected[1]
    connected[1].heal()
