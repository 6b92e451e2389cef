"""Finance at work in Dynamics 365: the firm's set-up, and the books as they stand in the end."""

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

import httpx

from world.stage import dynamics_api, dynamics_firm, dynamics_reading
from world.stage.dynamics_api import Environment
from world.stage.dynamics_firm import Row
from world.stage.firm import Firm
from world.stage.keys import Keys
from world.stage.readings import Books, ErpCustomer
from world.stage.terms import Client, Existing

_EVENTS = ("CustFreeTextInvoicePostedBusinessEvent", "CustPaymentPostedBusinessEvent")


@asynccontextmanager
async def connect(
    url: str, keys: Keys, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator["Dynamics"]:
    """Sign in as the registered application."""
    async with dynamics_api.connect(url, keys, transport) as environment:
        yield Dynamics(environment)


class Dynamics:
    """One environment, as the firm's finance people use it."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self.door = environment.door
        self._currencies: dict[str, str] = {}
        self._groups: dict[str, str] = {}

    async def install(self, keys: Keys, push_url: str = "") -> None:
        """Register the application that the platform signs in as, and where its events go."""
        await self.door.change_settings(
            {
                "tenant": keys.tenant,
                "client_id": keys.client_id,
                "client_secret": keys.client_secret,
                "registered_client_ids": [keys.client_id],
                "hours_decimals": 6,
                "business_event_test_message": False,  # who listens is not up yet
            }
        )
        told = [{"event": event, "url": push_url} for event in _EVENTS] if push_url else []
        await self.door.activate_events(told)

    async def move_clock(self, day: date) -> None:
        """Move the clock to noon of a day, unless it shows that day already."""
        await self.door.move_clock(day)

    def learn(self, firm: Firm) -> None:
        """Note in which currency each legal entity keeps its books."""
        self._currencies = {key: entity.currency for key, entity in firm.entities.items()}
        self._groups = {str(status): group for status, group in firm.customer_groups.items()}

    async def set_up(self, firm: Firm) -> None:
        """Create what is not there yet; what is there stays as it is."""
        self.learn(firm)
        sets: dict[str, list[Row]] = defaultdict(list)
        for row in dynamics_firm.rows(firm):
            sets[row.entity_set].append(row)
        known = {name: await self._known(name, rows[0].keys) for name, rows in sets.items()}
        for row in dynamics_firm.rows(firm):
            if _key(row.keys, row.fields) not in known[row.entity_set]:
                await self._environment.create(row.entity_set, row.fields)
        for key in firm.entities:
            await self._environment.set_company(dynamics_firm.company(key, firm))

    async def register_tax_id(self, entity: str, tax_id: str, country: str, name: str) -> None:
        """Put a client's VAT id into a legal entity's register, where customers find it."""
        row = dynamics_firm.tax_number(entity, tax_id, country, name)
        where = {key: str(row.fields[key]) for key in row.keys}
        if not await self._environment.select(row.entity_set, where):
            await self._environment.create(row.entity_set, row.fields)

    async def add_customer(self, existing: Existing, client: Client) -> None:
        """Enter a customer by hand, under a number that finance chooses."""
        group = self._groups[client.tax_status or "business"]
        row = dynamics_firm.customer(existing, client, group)
        await self._environment.create(row.entity_set, row.fields)

    async def customers(self, account: str) -> tuple[ErpCustomer, ...]:
        """Read a customer account back, from every legal entity that has it."""
        return await dynamics_reading.customers(self._environment, account)

    async def read(self, entity: str, code: str) -> Books:
        """Read everything on a project back."""
        currency = self._currencies[entity]
        return await dynamics_reading.books(self._environment, entity, code, currency)

    async def _known(self, entity_set: str, keys: tuple[str, ...]) -> set[tuple[object, ...]]:
        return {_key(keys, row) for row in await self._environment.select(entity_set)}


def _key(names: tuple[str, ...], row: dynamics_api.Record) -> tuple[object, ...]:
    return tuple(row[name] for name in names)
