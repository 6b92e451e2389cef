"""The three sandboxes, installed: as apps in this process, or as processes with a mailbox."""

import importlib
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from typing_extensions import override

from tests.world.processes import Server
from tests.world.salesforce.listener import Listener
from world.sandboxes.box import Box
from world.stage import systems
from world.stage.install import install
from world.stage.keys import Keys
from world.stage.ledgers import Ledger
from world.stage.play import Played
from world.stage.systems import Systems, Urls

_VENDORS = ("salesforce", "kantata", "dynamics")

_HOSTS = {"crm.test": "salesforce", "psa.test": "kantata", "erp.test": "dynamics"}


def urls_of(crm: str, psa: str, erp: str) -> Urls:
    ledger = Ledger(
        system="erp-main", vendor="dynamics", url=erp, entities=frozenset({"USMF", "DEMF"})
    )
    return Urls(crm=crm, psa=psa, erps=(ledger,))


URLS = urls_of("http://crm.test", "http://psa.test", "http://erp.test")
KEYS = Keys.fresh()


class Hosts(httpx.AsyncBaseTransport):
    """Leads each request to the app of its host."""

    def __init__(self, boxes: dict[str, Box]) -> None:
        self._apps = {
            host: httpx.ASGITransport(
                importlib.import_module(f"world.sandboxes.{_HOSTS[host]}").sandbox(box)
            )
            for host, box in boxes.items()
        }

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._apps[request.url.host].handle_async_request(request)


@pytest.fixture
def boxes(tmp_path: Path) -> dict[str, Box]:
    return {host: Box(tmp_path / f"{host}.db") for host in _HOSTS}


@pytest_asyncio.fixture
async def hosts(boxes: dict[str, Box]) -> AsyncIterator[Hosts]:
    hosts = Hosts(boxes)
    await install(URLS, KEYS, "http://gateway.test/salesforce", transport=hosts)
    yield hosts
    for box in boxes.values():
        box.close()


@pytest_asyncio.fixture
async def opened(hosts: Hosts) -> AsyncIterator[Systems]:
    async with systems.connect(URLS, KEYS, hosts) as opened:
        yield opened


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
        urls, keys = urls_of(crm, psa, erp), Keys.fresh()
        await install(urls, keys, mail.url)
        yield Stack(urls=urls, keys=keys, mail=mail)
