"""Trouble that a test arranges for a fake: calls that fail, wait, or lose their answers."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from itertools import count
from typing import Any, Concatenate, ParamSpec, TypeVar

from canonical.systems import ForeignId, SystemId
from connectors import errors

P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S", bound="Troubled")
VENDOR = "fake"
LOST = "the connection was lost after the commit"


class Troubled:
    """Counts its calls by name, and lets them fail, be lost or wait as arranged, in turn."""

    def __init__(self, system: SystemId) -> None:
        self.system = system
        self.calls: list[str] = []
        self._before: dict[str, list[Exception]] = {}
        self._after: dict[str, list[Exception]] = {}
        self._gates: dict[str, asyncio.Event] = {}
        self._late: dict[str, list[asyncio.Event]] = {}
        self._numbers = count(1)

    def fresh(self) -> ForeignId:
        """Return the next id that this system gives out."""
        return ForeignId(system=self.system, value=str(next(self._numbers)))

    def fails(self, call: str, *faults: Exception) -> None:
        """Let the next calls fail before they change anything."""
        self._before.setdefault(call, []).extend(faults)

    def refuses(self, call: str, reason: str = "the values are wrong") -> None:
        """Let the next call be refused, in the vendor's own words."""
        self.fails(call, errors.Rejected(VENDOR, f"{call} answered 400", reason=reason))

    def throttles(self, call: str, wait: timedelta = timedelta(seconds=1)) -> None:
        """Let the next call be refused for now."""
        self.fails(call, errors.Transient(VENDOR, f"{call} answered 429", retry_after=wait))

    def loses(self, call: str, fault: Exception | None = None) -> None:
        """Let the next call change what it should, and its answer be lost."""
        self._after.setdefault(call, []).append(fault or errors.Uncertain(VENDOR, LOST))

    def holds(self, call: str) -> asyncio.Event:
        """Let every such call wait, before it changes anything, until the event is set."""
        return self._gates.setdefault(call, asyncio.Event())

    def delays(self, call: str) -> asyncio.Event:
        """Let the next call change what it should, and its answer wait until the event is set."""
        answer = asyncio.Event()
        self._late.setdefault(call, []).append(answer)
        return answer

    async def begin(self, call: str) -> None:
        self.calls.append(call)
        if call in self._gates:
            await self._gates[call].wait()
        self._raise(self._before, call)

    async def end(self, call: str) -> None:
        if self._late.get(call):
            await self._late[call].pop(0).wait()
        self._raise(self._after, call)

    @staticmethod
    def _raise(arranged: dict[str, list[Exception]], call: str) -> None:
        if arranged.get(call):
            raise arranged[call].pop(0)


def call(
    method: Callable[Concatenate[S, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    name = method.__name__

    async def troubled(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        await self.begin(name)
        answer = await method(self, *args, **kwargs)
        await self.end(name)
        return answer

    return troubled


def present(found: T | None, what: str) -> T:
    if found is None:
        raise errors.Missing(VENDOR, f"no {what}")
    return found


def kept(made: ForeignId, record: T, records: dict[ForeignId, T]) -> ForeignId:
    records[made] = record
    return made
