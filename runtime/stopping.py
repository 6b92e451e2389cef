"""The wish to stop, as whoever runs a process tells it."""

import asyncio
import signal


async def told_to_stop() -> None:
    """Wait for Ctrl-C or SIGTERM."""
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await stop.wait()
