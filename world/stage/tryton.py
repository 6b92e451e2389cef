"""Finance at work in Tryton: the firm's set-up, and the books as they stand in the end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

import httpx

from world.stage import (
    tryton_api,
    tryton_companies,
    tryton_firm,
    tryton_people,
    tryton_reading,
    tryton_years,
)
from world.stage.calls import StageError
from world.stage.firm import Firm
from world.stage.keys import Keys
from world.stage.readings import Books, ErpCustomer
from world.stage.terms import Client, Existing
from world.stage.tryton_api import Session
from world.stage.tryton_documents import Owner
from world.tryton import ADMIN, ADMIN_PASSWORD


@asynccontextmanager
async def connect(
    url: str,
    transport: httpx.AsyncBaseTransport | None = None,
    *,
    database: str,
    serves: frozenset[str],
) -> AsyncIterator["Tryton"]:
    """Sign in as the administrator, in a database that keeps the books of some legal entities."""
    async with tryton_api.connect(url, database, ADMIN, ADMIN_PASSWORD, transport) as session:
        yield Tryton(session, serves)


class Tryton:
    """One database, as the firm's finance people use it."""

    def __init__(self, session: Session, serves: frozenset[str]) -> None:
        self._session = session
        self._serves = serves
        self._currencies: dict[str, str] = {}
        self._cost_account = ""

    async def install(self, keys: Keys, push_url: str = "") -> None:  # noqa: ARG002 - it pushes nothing
        """Let the platform in as a user of its own, with the groups that it needs."""
        await tryton_people.let_in(self._session, keys)
        await tryton_people.give_companies(self._session, list((await self._owners()).values()))

    async def move_clock(self, day: date) -> None:
        """Open a new range of invoice numbers where later days are billed already.

        Tryton's own clock cannot be moved: it takes each document's date from who writes it.
        """
        await tryton_years.open_books(self._session, await self._owners(), day)

    def learn(self, firm: Firm) -> None:
        """Note in which currency each legal entity keeps its books, and where costs go."""
        self._currencies = {key: entity.currency for key, entity in firm.entities.items()}
        self._cost_account = firm.accounts.cost

    async def set_up(self, firm: Firm) -> None:
        """Enter what is not there yet; what is there stays as it is."""
        self.learn(firm)
        await tryton_firm.set_up(self._session, firm.only(self._serves))

    async def register_tax_id(self, entity: str, tax_id: str, country: str, name: str) -> None:
        """Do nothing: a Tryton party carries its own VAT id, and no register is asked."""

    async def add_customer(self, existing: Existing, client: Client) -> None:
        """Enter a customer by hand, under a number that finance chooses."""
        company = (await self._owners())[existing.entity]
        await tryton_people.enter(self._session, existing, client, company)

    async def customers(self, account: str) -> tuple[ErpCustomer, ...]:
        """Read a customer back, from every legal entity that has it."""
        owners = [self._owner(*at) for at in (await self._owners()).items()]
        return await tryton_reading.customers(self._session, account, owners)

    async def read(self, entity: str, code: str) -> Books:
        """Read everything on a project back.

        Raises:
            StageError: the legal entity is no company here.
        """
        owners = await self._owners()
        if entity not in owners:
            message = f"{tryton_api.SYSTEM} has no company {entity}: is it set up?"
            raise StageError(message)
        return await tryton_reading.books(self._session, self._owner(entity, owners[entity]), code)

    async def _owners(self) -> dict[str, int]:
        return await tryton_companies.of(self._session, self._serves)

    def _owner(self, entity: str, company: int) -> Owner:
        return Owner(company, entity, self._currencies.get(entity, ""), self._cost_account)
