"""What a connector gives to inherit the conformance suite: its system, and what it does there."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, ClassVar

import httpx
from pydantic import SecretStr
from typing_extensions import override

from canonical.base import Record
from canonical.money import Money
from canonical.systems import ForeignId
from connectors import errors
from tests.connectors.conformance.door import At, Door

Connector = Any  # each vendor's own class
Find = Callable[[Connector], Awaitable[tuple[ForeignId, ...]]]
Given = Callable[[str], Any]  # a fixture by its name
MARKER = "Zyxmarker"  # in the names that we write and in the bodies that we get
PATIENCE = timedelta(seconds=10)


class Named(Record):
    """What a write is about, as its effect remembers it."""

    name: str


@dataclass(frozen=True, kw_only=True)
class Read:
    """One operation that reads, about records of its own. `at` is the request that carries it.

    `absent` reads what the system does not have. `loops` alters each answer so that a
    further page follows, `shrinks` the first so that it tells of more than there is.
    """

    at: At
    call: Callable[[Connector], Awaitable[object]]
    absent: Callable[[Connector], Awaitable[object]]
    loops: Mapping[str, str] = field(default_factory=dict[str, str])
    shrinks: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, kw_only=True)
class Write:
    """One operation that writes, about records of its own. `at` is the request that carries it.

    `send` may be called again. `count` asks the system itself how often the write has been
    applied. `find` is the search of class B, over requests at `found_at`; `discard` removes a
    double that it finds. `other` writes other content under the same key.
    """

    at: At
    send: Callable[[Connector], Awaitable[object]]
    count: Callable[[], Awaitable[int]]
    find: Find | None = None
    found_at: At = field(default_factory=At)
    discard: Callable[[Connector, ForeignId], Awaitable[None]] | None = None
    other: Callable[[Connector], Awaitable[object]] | None = None


@dataclass(frozen=True, kw_only=True)
class Throttle:
    """A vendor's own way to say that it is too much: a fault of what is asked, or settings."""

    fault: Mapping[str, Any] = field(default_factory=dict[str, Any])
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    wait: timedelta | None = None
    spend: Callable[[], Awaitable[None]] | None = None  # what the settings still allow


class Ears(httpx.AsyncHTTPTransport):
    """The network, which remembers the tokens that went over it."""

    def __init__(self, heard: set[str]) -> None:
        super().__init__()
        self._heard = heard

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme:
            self._heard.add(token)
        return await super().handle_async_request(request)


class System(ABC):
    """A running system, and a connector's operations on it: one method each, by the port's name.

    Attributes:
        vendor: The package of the connector.
        by_id: The reads of one record; the others search.
        paged: The reads that come in pages.
        shrunk: What pages that tell of more than there is are.
        hasty: How long a connector waits that gives up, long enough for every right answer.
        looks: The writes that change nothing at this vendor: they count among the reads.
        batches: The writes of several records that the vendor can refuse one of.
        unique: The writes of class B whose double the vendor refuses for another reason.
        keyed: The writes of class A under a key of ours; the others change what has an id.
        quick: The operations that every case runs with in `make test`; the rest in `make prove`.
        apart: Why a case does not apply, by the case's name.
        switches: Other values of each unverified fact, by the sandbox's setting.
    """

    vendor: ClassVar[str]
    by_id: ClassVar[tuple[str, ...]] = ()
    paged: ClassVar[tuple[str, ...]] = ()
    hasty: ClassVar[timedelta] = timedelta(seconds=0.25)
    shrunk: ClassVar[type[errors.ConnectorError]] = errors.Transient
    looks: ClassVar[tuple[str, ...]] = ()
    batches: ClassVar[tuple[str, ...]] = ()
    unique: ClassVar[tuple[str, ...]] = ()
    keyed: ClassVar[tuple[str, ...]] = ()
    quick: ClassVar[tuple[str, ...]]
    apart: ClassVar[Mapping[str, str]] = {}
    switches: ClassVar[Mapping[str, tuple[Any, ...]]] = {}

    def __init__(self, door: Door) -> None:
        self.door = door
        self.heard: set[str] = set()

    def network(self) -> Ears:
        """Return the network of one connector."""
        return Ears(self.heard)

    @classmethod
    @abstractmethod
    def serve(cls, given: Given) -> str:
        """Return the address of the running system; the door is there too."""

    @abstractmethod
    async def set_up(self) -> None:
        """Bring the firm into the system, once a run."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of what `set_up` has opened."""

    @abstractmethod
    def opened(
        self,
        credential: Mapping[str, SecretStr] | None = None,
        *,
        url: str | None = None,
        patience: timedelta = PATIENCE,
    ) -> AbstractAsyncContextManager[Connector]:
        """Open a connector, with the right credential unless told otherwise."""

    @abstractmethod
    def credential(self) -> Mapping[str, SecretStr]:
        """Return the right credential."""

    @abstractmethod
    def refused_credential(self) -> Mapping[str, SecretStr]:
        """Return one that the system refuses, as secret as the right one."""

    @abstractmethod
    async def end_sessions(self) -> None:
        """End every session at the system, as its clock or an administrator does."""

    @abstractmethod
    def throttles(self) -> Mapping[str, Throttle]:
        """Return the vendor's own ways to throttle, by name."""

    @abstractmethod
    async def kept_amount(self, connector: Connector, amount: Money) -> Money:
        """Write an amount, and return what the system holds, or what a read makes of it."""

    @abstractmethod
    async def kept_day(self, connector: Connector, day: date) -> date:
        """Write a day, and return what the system holds, or what a read makes of it."""

    @abstractmethod
    async def kept_text(self, connector: Connector, text: str) -> str:
        """Write a text, and return what the system holds, or what a read makes of it."""

    amounts: ClassVar[tuple[tuple[str, str], ...]]  # currency and amount
    days: ClassVar[tuple[date, ...]] = ()  # where not every day can be written
    longest_text: ClassVar[int]

    def takes(self, text: str) -> bool:
        """Tell whether the system has a place for such a text."""
        return bool(text)

    async def partly_refused(self, name: str, connector: Connector) -> Write:
        """Return one of the `batches`, with one record that the vendor refuses and one it takes."""
        raise AssertionError(name, connector)

    async def read(self, name: str, connector: Connector) -> Read:
        """Return a reading operation, about records that are there."""
        found = await getattr(self, name)(connector)
        assert isinstance(found, Read)
        return found

    async def write(self, name: str, connector: Connector) -> Write:
        """Return a writing operation, about records of its own."""
        found = await getattr(self, name)(connector)
        assert isinstance(found, Write)
        return found
