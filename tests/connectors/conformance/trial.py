"""One operation on trial: it meets trouble, fails as it should, and ends as one record."""

import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from pydantic import SecretStr

from activities import effects
from activities.effects import Effect, Effects, Kind
from canonical.systems import ForeignId, SystemId
from connectors import errors
from store.database import Database
from tests import operations
from tests.connectors.conformance.system import MARKER, Connector, Named, Read, System, Write

_NUMBERS = count(1)
_SYSTEM = SystemId("conformance")
_AT_ONCE = timedelta(0)
PAGE = f"<!doctype html><title>Sign in</title><p>{MARKER}</p>"
_HTML = {"Content-Type": "text/html; charset=utf-8"}


@dataclass(frozen=True)
class Caught:
    """The error that left the connector."""

    error: errors.ConnectorError

    @property
    def wait(self) -> timedelta | None:
        return self.error.retry_after


class Trial:
    """A read or a write of one connector, and the trouble that it meets."""

    def __init__(self, system: System, operation: Read | Write, connector: Connector) -> None:
        self.system = system
        self.at = operation.at
        self.connector = connector

    def meets(self, do: str, **fault: Any) -> None:  # noqa: ANN401 - any of a fault's fields
        """Have the operation's own request go wrong."""
        self.system.door.order(self.at, do, **fault)

    def gets(
        self,
        text: str,
        *,
        status: int = 200,
        when: str = "before",
        times: int = 1,
        **headers: str,
    ) -> None:
        """Have the operation's own request answered with something else."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        told = {"Content-Type": "application/json"} | named
        self.meets("status", status=status, when=when, text=text, times=times, headers=told)

    def gets_page(self, status: int, when: str = "before") -> None:
        """Have it answered with a page of a proxy."""
        self.meets("status", status=status, when=when, text=PAGE, headers=_HTML)

    @property
    def was_struck(self) -> bool:
        return self.system.door.hits() > 0

    @asynccontextmanager
    async def fails(self, kind: type[errors.ConnectorError]) -> AsyncIterator[list[Caught]]:
        """Expect this very error, with nothing in it that must not be shown."""
        caught: list[Caught] = []
        with pytest.raises(errors.ConnectorError) as raised:
            yield caught
        error = raised.value
        assert type(error) is kind, f"{error!r} and not {kind.__name__}"
        is_hidden(self.system, *traceback.format_exception(error), repr(error), str(error))
        caught.append(Caught(error))


class ReadTrial(Trial):
    """A read on trial."""

    def __init__(self, system: System, read: Read, connector: Connector) -> None:
        super().__init__(system, read, connector)
        self.subject = read

    async def call(self) -> object:
        return await self.subject.call(self.connector)

    async def call_for_absent(self) -> object:
        return await self.subject.absent(self.connector)


class WriteTrial(Trial):
    """A write on trial, which the platform's own effect carries out."""

    def __init__(
        self,
        system: System,
        operation: str,
        write: Write,
        connector: Connector,
        database: Database,
    ) -> None:
        super().__init__(system, write, connector)
        self.operation = operation
        self.subject = write
        self.delivery = operations.of(system.vendor)[operation]
        self.settle = _AT_ONCE
        self._effects = Effects(database)
        self._key = f"conformance/{next(_NUMBERS)}"

    async def once(self, content: str = "as planned") -> ForeignId:
        """Let the effect send it, or find out what became of it: again and again is once."""
        return await self._effects.once(
            Effect(
                kind=Kind.CLIENT_ERP,
                key=self._key,
                system=_SYSTEM,
                content=Named(name=content),
                send=self._send,
                resolve=self._resolve(),
            )
        )

    async def count(self) -> int:
        """Return how often it has been applied, as the system itself has it."""
        return await self.subject.count()

    async def settled(self) -> int:
        """Let the effect come to its end, and return how often the write has been applied."""
        self.system.door.heal()
        await self.once()
        return await self.count()

    def _resolve(self) -> effects.Resolve:
        if self.delivery == "A":
            return effects.send_again
        write, connector = self.subject, self.connector
        assert write.find, "class B has a search"
        find, discard = write.find, write.discard
        return effects.by_reference(
            lambda: find(connector),
            settle=self.settle,
            discard=None if discard is None else lambda double: discard(connector, double),
        )

    async def _send(self) -> ForeignId:
        sent = await self.subject.send(self.connector)
        return sent if isinstance(sent, ForeignId) else ForeignId(system=_SYSTEM, value="done")


def is_hidden(system: System, *texts: str) -> None:
    """See that no credential, token or content of an answer stands in what is shown."""
    secrets = {each.get_secret_value() for each in _secret_parts(system)} | system.heard
    for text in texts:
        assert MARKER not in text
        assert not [secret for secret in secrets if secret in text]


def _secret_parts(system: System) -> list[SecretStr]:
    public = {"user", "username", "client_id", "consumer_key"}
    credentials = (system.credential(), system.refused_credential())
    return [v for each in credentials for name, v in each.items() if name not in public]
