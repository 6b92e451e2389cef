"""A turnstile in front of every step, whichever worker runs it: it lets one be stopped there."""

import asyncio
from dataclasses import dataclass
from typing import Any

from temporalio import activity
from temporalio.client import Client
from temporalio.client import Interceptor as ClientInterceptor
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor
from typing_extensions import override


@dataclass(frozen=True)
class Step:
    """A step of a process, by the names under which both are registered."""

    process: str
    name: str

    @override
    def __str__(self) -> str:
        return f"{self.process}/{self.name}"


class Turnstile(ClientInterceptor, Interceptor):
    """Writes down each step that came by, and stops one of them before it does anything.

    A worker takes it along from its client, so that processes are composed as always.
    """

    def __init__(self) -> None:
        self.passed: list[Step] = []
        self.run_id = ""  # of the workflow whose step is stopped
        self.workflow_id = ""
        self._stop: Step | None = None
        self._arrived = asyncio.Event()
        self._open = asyncio.Event()

    def on(self, client: Client) -> Client:
        """Return the client with the turnstile on it."""
        config = client.config()
        config["interceptors"] = [self]
        return Client(**config)

    def stop(self, step: Step) -> None:
        """Stop the first of such steps, until the turnstile is opened."""
        self._stop = step

    async def arrival(self) -> None:
        """Wait until the step is there."""
        async with asyncio.timeout(30):
            await self._arrived.wait()

    def open(self) -> None:
        """Let the step go on."""
        self._open.set()

    @override
    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Gate(next, self)

    async def passes(self) -> None:
        told = activity.info()
        step = Step(told.workflow_type or "", told.activity_type)
        self.passed.append(step)
        if step == self._stop and not self._arrived.is_set():
            self.workflow_id, self.run_id = told.workflow_id or "", told.workflow_run_id or ""
            self._arrived.set()
            await self._open.wait()


class _Gate(ActivityInboundInterceptor):
    def __init__(self, following: ActivityInboundInterceptor, turnstile: Turnstile) -> None:
        super().__init__(following)
        self._turnstile = turnstile

    @override
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        await self._turnstile.passes()
        return await super().execute_activity(input)
