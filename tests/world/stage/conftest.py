"""The three sandboxes as processes, installed, with a mailbox for the CRM's messages."""

from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from tests.world.processes import Server
from tests.world.salesforce.listener import Listener
from world.stage.install import install
from world.stage.keys import Keys
from world.stage.play import Played
from world.stage.systems import Urls

_VENDORS = ("salesforce", "kantata", "dynamics")


@dataclass(frozen=True)
class Stack:
    """Where everything is, who may come in, and the first play of each scenario."""

    urls: Urls
    keys: Keys
    mail: Listener
    played: dict[str, Played] = field(default_factory=dict)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    data = tmp_path_factory.mktemp("stack")
    with ExitStack() as opened:
        mail = opened.enter_context(Listener())
        servers = [
            opened.enter_context(Server("world.sandboxes", vendor, data=data / f"{vendor}.db"))
            for vendor in _VENDORS
        ]
        crm, psa, erp = (server.url for server in servers)
        urls, keys = Urls(crm=crm, psa=psa, erp=erp), Keys.fresh()
        await install(urls, keys, mail.url)
        yield Stack(urls=urls, keys=keys, mail=mail)
