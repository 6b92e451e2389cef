"""The firm in a Tryton of its own, and a look at every call that is made there."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
from typing_extensions import override

from tests.tryton_server import TrytonServer
from world.stage import loader, tryton, tryton_api
from world.stage.firm import Firm
from world.stage.keys import TRYTON_USER, Keys
from world.stage.tryton import Tryton
from world.stage.tryton_api import Session

FIRM = loader.load(loader.find("milestones")).firm
_SILENT = ("search_read", "search_count", "common.db.login")


class Wire(httpx.AsyncHTTPTransport):
    """Notes which methods are called."""

    def __init__(self) -> None:
        super().__init__()
        self.called: list[str] = []

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.called.append(json.loads(request.content)["method"])
        return await super().handle_async_request(request)

    @property
    def changes(self) -> list[str]:
        """Return what was called that is no reading."""
        return [method for method in self.called if not method.endswith(_SILENT)]


@dataclass
class Town:
    """A Tryton with the firm in it: finance at work, its administrator, the platform's user."""

    url: str
    database: str
    keys: Keys
    finance: Tryton
    admin: Session
    platform: Session
    wire: Wire = field(default_factory=Wire)

    def firm(self, **changes: object) -> Firm:
        """Return the shipped firm with some of its parts replaced."""
        return FIRM.model_copy(update=changes)

    async def set_up(self, firm: Firm) -> list[str]:
        """Set a firm up, and return the calls that changed something."""
        before = len(self.wire.changes)
        served = frozenset(firm.entities)
        async with tryton.connect(
            self.url, self.wire, database=self.database, serves=served
        ) as finance:
            await finance.set_up(firm)
        return self.wire.changes[before:]


@asynccontextmanager
async def founded(server: TrytonServer) -> AsyncIterator[Town]:
    """Begin again from the golden copy, let the platform in and set the firm up."""
    server.reset()
    keys, served = Keys.fresh(), frozenset(FIRM.entities)
    database = server.database
    password = keys.tryton_password
    async with (
        tryton.connect(server.url, database=database, serves=served) as finance,
        tryton_api.connect(server.url, database, server.login, server.password, None) as admin,
        tryton_api.connect(server.url, database, TRYTON_USER, password, None) as platform,
    ):
        await finance.install(keys)
        await finance.set_up(FIRM)
        yield Town(server.url, database, keys, finance, admin, platform)
