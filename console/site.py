"""The site of a deployment: where its settings say that everything is, opened when it is needed."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from temporalio.client import Client

from canonical.landscape import Landscape
from canonical.mappings import Mapping
from console.attached import Attached
from store import schema
from store.database import Database


class Site(Protocol):
    """What the settings of the environment name; each part is read only when it is asked for."""

    @property
    def deployment(self) -> str:
        """Return the name that all builds of the workers share."""
        ...

    @property
    def poll(self) -> timedelta:
        """Return how often each PSA is polled."""
        ...

    @property
    def allows_newer_schema(self) -> bool:
        """Say whether a store that a newer release upgraded will do."""
        ...

    def database(self) -> Database:
        """Return the store."""
        ...

    def landscape(self) -> Landscape:
        """Return the systems."""
        ...

    def mappings(self, file: Path | None) -> tuple[Mapping, ...]:
        """Return the value mappings of a file, or of the one that the settings name."""
        ...

    async def client(self) -> Client:
        """Return a connection to the Temporal server."""
        ...


@asynccontextmanager
async def opened(site: Site) -> AsyncGenerator[Database]:
    """Open the store for as long as the block lasts.

    Raises:
        StoreError: it cannot be opened.
    """
    database = site.database()
    try:
        await database.reach()
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def attached(site: Site) -> AsyncGenerator[Attached]:
    """Reach the platform of a site for as long as the block lasts.

    Raises:
        NoServerError: Temporal does not answer.
        StoreError: the store cannot be opened, or is of another release.
    """
    landscape, database = site.landscape(), site.database()
    try:
        client = await site.client()
        await schema.refuse_other(database, newer=site.allows_newer_schema)
        yield Attached(landscape, client, database)
    finally:
        await database.close()
