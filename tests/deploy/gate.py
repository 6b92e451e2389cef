"""A way through to a server that can be shut: what a process sees when a dependency is away."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

_BLOCK = 65_536


class Gate:
    """Forwards a port of loopback to a server, until it is shut; it can be opened again."""

    def __init__(self, target: str) -> None:
        self._host, _, port = target.rpartition(":")
        self._target_port = int(port)
        self._server: asyncio.Server | None = None
        self._open = set[asyncio.Task[None]]()
        self.port = 0

    async def open(self) -> None:
        """Let everybody through, on the port of before."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def shut(self) -> None:
        """Let nobody through any more, and cut off who is."""
        if self._server is not None:
            self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        self._open.clear()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        with suppress(OSError, asyncio.CancelledError):
            back, forth = await asyncio.open_connection(self._host, self._target_port)
            try:
                await asyncio.gather(_copy(reader, forth), _copy(back, writer))
            finally:
                forth.transport.abort()
        writer.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while block := await reader.read(_BLOCK):
        writer.write(block)
        await writer.drain()
    writer.write_eof()


@asynccontextmanager
async def gate(target: str) -> AsyncGenerator[Gate]:
    """Return an open gate to `host:port`, for as long as the block lasts."""
    found = Gate(target)
    await found.open()
    try:
        yield found
    finally:
        await found.shut()
