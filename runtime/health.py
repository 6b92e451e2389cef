"""Whether a process is well, for whoever watches over it, on a port of loopback or a container.

`/health` is liveness: it fails only where a restart would help. `/ready` is readiness: it
fails too while what the process depends on is away, and names what that is.
"""

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import TypeVar

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError
from typing_extensions import override

T = TypeVar("T")
Check = Callable[[], Awaitable[None]]
_PATIENCE = timedelta(seconds=3)  # for one look at one dependency


class UnwellError(Exception):
    """Something does not do its work; the text says what, without secrets."""


@dataclass(frozen=True)
class Health:
    """What is looked at: `alive` of the process itself, `depends` on others. Each by its name.

    What `tells` is told too, and makes nothing unwell: work goes on around it.
    """

    alive: Mapping[str, Check] = field(default_factory=dict[str, Check])
    depends: Mapping[str, Check] = field(default_factory=dict[str, Check])
    tells: Mapping[str, Check] = field(default_factory=dict[str, Check])

    async def liveness(self) -> dict[str, str]:
        """Return what the process itself says, by name; `ok` is well."""
        return await _looked(self.alive)

    async def readiness(self) -> dict[str, str]:
        """Return the same of the process and of what it depends on."""
        return await _looked({**self.alive, **self.depends})

    async def told(self) -> dict[str, str]:
        """Return what is worth knowing and makes the process not unready."""
        return await _looked(self.tells)


def temporal(client: Client) -> Check:
    """Return whether the Temporal server answers and knows our namespace."""

    async def check() -> None:
        request = DescribeNamespaceRequest(namespace=client.namespace)
        await _asked(client.workflow_service.describe_namespace(request, timeout=_PATIENCE))

    return check


def polled(client: Client, queues: Sequence[str]) -> Check:
    """Return whether the server sees this client poll every one of the queues."""

    async def check() -> None:
        for queue in queues:
            request = DescribeTaskQueueRequest(
                namespace=client.namespace,
                task_queue=TaskQueue(name=queue),
                task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
            )
            found = await _asked(
                client.workflow_service.describe_task_queue(request, timeout=_PATIENCE)
            )
            if client.identity not in {poller.identity for poller in found.pollers}:
                msg = f"nobody here polls {queue}"
                raise UnwellError(msg)

    return check


async def _asked(answer: Awaitable[T]) -> T:
    try:
        return await answer
    except (RPCError, RuntimeError) as exc:
        status = exc.status.name if isinstance(exc, RPCError) else "unreachable"
        msg = f"Temporal does not answer: {status}"
        raise UnwellError(msg) from None


def routes(health: Health) -> list[Route]:
    """Return the routes `/health` and `/ready`; each answers 200, or 503 with what is wrong."""

    async def alive(_: Request) -> JSONResponse:
        return _answer(await health.liveness())

    async def ready(_: Request) -> JSONResponse:
        return _answer(await health.readiness(), await health.told())

    return [Route("/health", alive), Route("/ready", ready)]


@asynccontextmanager
async def served(health: Health, host: str, port: int | None) -> AsyncGenerator[None]:
    """Answer on a port for as long as the block lasts; without a port, do nothing.

    Raises:
        UnwellError: the port is taken.
    """
    if port is None:
        yield
        return
    listening = _listening(host, port)
    config = uvicorn.Config(Starlette(routes=routes(health)), log_config=None, access_log=False)
    server = _Beside(config)
    serving = asyncio.create_task(server.serve([listening]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


class _Beside(uvicorn.Server):
    """A server beside the process's own work, which alone hears signals."""

    @override
    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def _listening(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except OSError as exc:
        msg = f"{host}:{port}, where health is told, cannot be listened at: {exc.strerror}"
        raise UnwellError(msg) from None


async def _looked(checks: Mapping[str, Check]) -> dict[str, str]:
    found = await asyncio.gather(*(_look(check) for check in checks.values()))
    return dict(zip(checks, found, strict=True))


async def _look(check: Check) -> str:
    try:
        await asyncio.wait_for(check(), _PATIENCE.total_seconds())
    except TimeoutError:
        return "no answer"
    except UnwellError as unwell:
        return str(unwell)
    except Exception as mistake:  # noqa: BLE001 - whatever it is, it is not health
        return f"the check broke: {type(mistake).__name__}"
    return "ok"


def _answer(found: dict[str, str], told: Mapping[str, str] = MappingProxyType({})) -> JSONResponse:
    is_well = all(said == "ok" for said in found.values())
    body = {"status": "ok" if is_well else "unwell", **found, **told}
    return JSONResponse(body, status_code=200 if is_well else 503)
