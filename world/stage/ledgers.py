"""The firm's books: one ERP or several, and which of them keeps those of a legal entity."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import httpx

from world.stage import dynamics, tryton
from world.stage.calls import StageError
from world.stage.firm import Firm
from world.stage.keys import Keys
from world.stage.readings import Books, ErpCustomer
from world.stage.terms import Client, Existing


def nowhere(_system: str) -> str:
    """Return no place: a system pushes nothing."""
    return ""


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """An ERP: its id, whose product it is, where, and the legal entities whose books it keeps.

    `database` is its own name for them, if one server can hold several.
    """

    system: str
    vendor: str
    url: str
    entities: frozenset[str]
    database: str = ""


class Book(Protocol):
    """Finance at work in one ERP."""

    async def install(self, keys: Keys, push_url: str = "") -> None:
        """Let the platform in with the stack's credentials; what the ERP can push goes there."""
        ...

    async def move_clock(self, day: date) -> None:
        """Get ready for documents of a day; it can lie before those of an earlier story."""
        ...

    def learn(self, firm: Firm) -> None:
        """Note in which currency each legal entity keeps its books."""
        ...

    async def set_up(self, firm: Firm) -> None:
        """Create what is not there yet; what is there stays as it is."""
        ...

    async def register_tax_id(self, entity: str, tax_id: str, country: str, name: str) -> None:
        """Put a client's VAT id into a legal entity's register, where customers find it."""
        ...

    async def add_customer(self, existing: Existing, client: Client) -> None:
        """Enter a customer by hand, under a number that finance chooses."""
        ...

    async def customers(self, account: str) -> tuple[ErpCustomer, ...]:
        """Read a customer account back, from every legal entity that has it."""
        ...

    async def read(self, entity: str, code: str) -> Books:
        """Read everything on a project back."""
        ...


PushUrl = Callable[[str], str]  # where a system sends what it pushes; "" is nowhere
Connect = Callable[
    [Ledger, Keys, httpx.AsyncBaseTransport | None], AbstractAsyncContextManager[Book]
]


class Finance:
    """Every ERP of the firm, each with the legal entities that it serves."""

    def __init__(self, books: Mapping[Ledger, Book]) -> None:
        self._books = books
        self._of_entity = {
            entity: book for ledger, book in books.items() for entity in ledger.entities
        }

    @property
    def books(self) -> tuple[Book, ...]:
        """Return every ERP."""
        return tuple(self._books.values())

    def learn(self, firm: Firm) -> None:
        """Note in which currency each legal entity keeps its books."""
        for book in self.books:
            book.learn(firm)

    async def install(self, keys: Keys, firm: Firm, push_url: PushUrl) -> None:
        """Let the platform into every ERP, which has the firm as far as it is known by now."""
        for ledger, book in self._books.items():
            await book.install(keys, push_url(ledger.system))
            await book.set_up(firm.only(ledger.entities))

    async def move_clocks(self, day: date) -> None:
        """Get every ERP ready for documents of a day."""
        for book in self.books:
            await book.move_clock(day)

    async def set_up(self, firm: Firm) -> None:
        """Set each legal entity up in the ERP that keeps its books.

        Raises:
            StageError: nobody keeps the books of one.
        """
        for entity in firm.entities:
            self._book(entity)
        for ledger, book in self._books.items():
            if ledger.entities & firm.entities.keys():
                await book.set_up(firm.only(ledger.entities))

    async def register_tax_id(self, entity: str, tax_id: str, country: str, name: str) -> None:
        """Put a client's VAT id into a legal entity's register."""
        await self._book(entity).register_tax_id(entity, tax_id, country, name)

    async def add_customer(self, existing: Existing, client: Client) -> None:
        """Enter a customer by hand, in the ERP of its legal entity."""
        await self._book(existing.entity).add_customer(existing, client)

    async def customers(self, accounts: Iterable[str]) -> tuple[ErpCustomer, ...]:
        """Read customer accounts back, from every legal entity of every ERP that has them."""
        found = {
            customer
            for account in accounts
            for book in self.books
            for customer in await book.customers(account)
        }
        return tuple(sorted(found, key=lambda one: (one.entity, one.account)))

    async def read(self, entity: str, code: str) -> Books:
        """Read everything on a project back, from the ERP of its legal entity."""
        return await self._book(entity).read(entity, code)

    def _book(self, entity: str) -> Book:
        if entity not in self._of_entity:
            known = ", ".join(sorted(self._of_entity))
            message = f"no ERP keeps the books of {entity}: the landscape has {known}"
            raise StageError(message)
        return self._of_entity[entity]


@asynccontextmanager
async def connect(
    ledgers: Iterable[Ledger], keys: Keys, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[Finance]:
    """Sign in to every ERP.

    Raises:
        StageError: the stage does not know somebody's product.
    """
    async with AsyncExitStack() as stack:
        books: dict[Ledger, Book] = {}
        for ledger in ledgers:
            if ledger.vendor not in _CONNECT:
                message = f"{ledger.system}: nobody on stage knows {ledger.vendor!r}"
                raise StageError(message)
            opened = _CONNECT[ledger.vendor](ledger, keys, transport)
            books[ledger] = await stack.enter_async_context(opened)
        yield Finance(books)


def _dynamics(
    ledger: Ledger, keys: Keys, transport: httpx.AsyncBaseTransport | None
) -> AbstractAsyncContextManager[Book]:
    return dynamics.connect(ledger.url, keys, transport)


def _tryton(
    ledger: Ledger, _keys: Keys, transport: httpx.AsyncBaseTransport | None
) -> AbstractAsyncContextManager[Book]:
    return tryton.connect(ledger.url, transport, database=ledger.database, serves=ledger.entities)


_CONNECT: dict[str, Connect] = {"dynamics": _dynamics, "tryton": _tryton}
